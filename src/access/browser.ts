/**
 * What a browser may do: which Host and Origin headers are accepted. A page whose own name is made to point at loopback
 * (DNS rebinding) sends that name as Host; a page of another site sends its Origin with all that could do harm.
 * Pure. Does not: ask for keys (access.ts).
 */
import type { RequestHead } from '../core/access.ts';
import { UnderstudyError } from '../core/errors.ts';

export interface BrowserRules {
  /** Whether the Host header names this gateway: loopback, or what is configured. Without one, no browser has sent it. */
  isOwnHost(host: string | undefined): boolean;
  /**
   * CORS headers of the answer, as a flat list; none for callers that are no web page, or pages of the gateway itself.
   * @param isKeyed Whether a key was sent: then the name by which the gateway was reached does not matter.
   * @throws UnderstudyError 'forbidden' (403) for any other page.
   */
  corsOf(head: RequestHead, isKeyed: boolean): readonly string[];
  /** As Access.preflight. */
  preflight(head: RequestHead): readonly string[] | null;
}

const NO_CORS: readonly string[] = [];
/** How long a browser may remember the answer to a preflight, seconds. */
const PREFLIGHT_AGE = '600';

export function browserRules(options: {
  readonly hosts: readonly string[];
  readonly origins: readonly string[];
}): BrowserRules {
  const hosts = new Set(['localhost', ...options.hosts.map((host) => host.toLowerCase())]);
  const origins = new Set(options.origins.map((origin) => origin.toLowerCase()));
  const isOwnName = (name: string): boolean =>
    hosts.has(name) || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
  // Nearly all requests have the same Host header.
  let last = '';
  let lastIsOwn = false;
  const isOwnHost = (host: string | undefined): boolean => {
    if (host === undefined) return true;
    if (host !== last) {
      lastIsOwn = isOwnName(nameOf(host));
      last = host;
    }
    return lastIsOwn;
  };
  const isConfigured = (origin: string): boolean => origins.has(origin.toLowerCase());
  return {
    isOwnHost,
    corsOf: ({ headers }, isKeyed) => {
      const { origin, host } = headers;
      if (origin === undefined) return NO_CORS;
      if (typeof origin === 'string') {
        if (isConfigured(origin)) return corsHeaders(origin);
        const named = Array.isArray(host) ? host[0] : host;
        const isSame = origin.slice(origin.indexOf('://') + 3).toLowerCase() === named?.toLowerCase();
        if (isSame && (isKeyed || isOwnHost(named))) return NO_CORS;
      }
      throw foreignOrigin();
    },
    preflight: ({ method, headers }) => {
      const { origin } = headers;
      if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return null;
      if (typeof origin !== 'string' || !isConfigured(origin)) throw foreignOrigin();
      const asked = headers['access-control-request-headers'];
      return [
        ...corsHeaders(origin),
        'access-control-allow-methods',
        'GET, POST, PUT, PATCH, DELETE',
        ...(typeof asked === 'string' ? ['access-control-allow-headers', asked] : []),
        'access-control-max-age',
        PREFLIGHT_AGE,
      ];
    },
  };
}

function corsHeaders(origin: string): string[] {
  return ['access-control-allow-origin', origin, 'access-control-expose-headers', '*', 'vary', 'Origin'];
}

/** The name in a Host header, without its port and a root's dot. */
function nameOf(host: string): string {
  const name = host.startsWith('[')
    ? host.slice(1, host.includes(']') ? host.indexOf(']') : undefined)
    : (host.split(':', 1)[0] ?? '');
  return name.toLowerCase().replace(/\.$/, '');
}

function foreignOrigin(): UnderstudyError {
  return new UnderstudyError('forbidden', 'Web pages of this origin may not call the gateway.', {
    hint: 'Add the origin to access.origins where it should.',
    status: 403,
  });
}
