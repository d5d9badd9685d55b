import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { routes } from './env.ts';
import { serveFiles } from './files.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-files-'));
const folder = join(dir, 'dashboard');
mkdirSync(join(folder, 'assets'), { recursive: true });
writeFileSync(join(folder, 'index.html'), '<p>the page</p>');
writeFileSync(join(folder, 'assets/index-1a2b.js'), 'the script');
writeFileSync(join(dir, 'secret.js'), 'a secret');
after(() => rmSync(dir, { recursive: true }));

const app = routes();
serveFiles(app, folder);

test('serveFiles: files of the build are cached for good, the page is not, and every other path is the page', async () => {
  const script = await app.request('/assets/index-1a2b.js');
  assert.equal(await script.text(), 'the script');
  assert.match(script.headers.get('cache-control') ?? '', /immutable/);
  for (const path of ['/', '/tasks/task_1', '/calls/call_1?range=1d', '/assets/gone.js', '/%zz']) {
    const page = await app.request(path);
    assert.equal(await page.text(), '<p>the page</p>', path);
    assert.equal(page.headers.get('cache-control'), 'no-cache');
  }
});

test('serveFiles: nothing outside of the folder is served', async () => {
  for (const path of [
    '/../secret.js',
    '/..%2fsecret.js',
    '/assets/..%2f..%2fsecret.js',
    '//secret.js',
    '/%2e%2e/secret.js',
  ])
    assert.doesNotMatch(await (await app.request(path)).text(), /a secret/, path);
});

test('serveFiles: where nothing was built, it says how to', async () => {
  const bare = routes();
  bare.onError(
    (error) => new Response(`${error.message} ${(error as Error & { hint: string }).hint}`, { status: 404 }),
  );
  serveFiles(bare, join(dir, 'nothing'));
  assert.match(await (await bare.request('/')).text(), /npm run build:dashboard/);
});
