/**
 * The dashboard's files, as `npm run build` leaves them, with headers that let a page load from here and nowhere else.
 * Every path that is no file is the page itself, which finds its own way.
 */
import { existsSync, readFileSync } from 'node:fs';
import { extname, join, resolve, sep } from 'node:path';
import { UnderstudyError } from '../core/errors.ts';
import type { AdminApp } from './env.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Nothing from elsewhere, no script in the page; charts and primitives set styles on elements. */
const SECURITY: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};

/** From a checkout and from the built program alike: dist/dashboard of the package. */
export function dashboardFolder(): string {
  const here = import.meta.dirname;
  const built = resolve(here, '../../dashboard');
  return here.endsWith(join('dist', 'src', 'api')) ? built : resolve(here, '../../dist/dashboard');
}

export function isBuilt(folder: string): boolean {
  return existsSync(join(folder, 'index.html'));
}

/** Serves the files of a folder, on paths that no other route has. */
export function serveFiles(app: AdminApp, folder: string): void {
  app.get('*', (context) => {
    if (!isBuilt(folder))
      throw new UnderstudyError('not-found', 'The dashboard has not been built.', {
        hint: 'From a checkout, run `npm run build:dashboard`. The API is there without it.',
        status: 404,
      });
    const asked = resolve(folder, `.${context.req.path}`);
    const isFile = asked.startsWith(folder + sep) && extname(asked) !== '' && existsSync(asked);
    const path = isFile ? asked : join(folder, 'index.html');
    // Files of the build have their content's hash in their names.
    const cached = isFile && path.includes(`${sep}assets${sep}`);
    return new Response(readFileSync(path), {
      headers: {
        ...SECURITY,
        'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
        'cache-control': cached ? 'public, max-age=31536000, immutable' : 'no-cache',
      },
    });
  });
}
