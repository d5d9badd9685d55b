/** A log file is sent to the admin API of the real program: received, imported, assessed, and gone from the disk. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ImportListView, ImportView } from '../../src/api/imports/schemas.ts';
import { makeKey, type Running, startProgram } from '../browser/running.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'understudy-upload-'));
const uploads = join(dataDir, 'uploads');
let running: Running;
let keys: Readonly<Record<'viewer' | 'operator', string>>;

before(async () => {
  writeFileSync(
    join(dataDir, 'understudy.yaml'),
    'learn: { mode: "off" }\nredaction: { finder: "off" }\nadmin: { maxUploadMb: 0.05 }\n',
  );
  keys = { viewer: await makeKey(dataDir, 'viewer'), operator: await makeKey(dataDir, 'operator') };
  running = await startProgram(dataDir);
});
after(async () => {
  await running?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const send = (body: string, key = keys.operator): Promise<Response> =>
  fetch(`${running.dashboard}/api/v1/imports?name=log.jsonl`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream', 'x-understudy-key': key },
    body,
  });

async function ended(): Promise<ImportView> {
  for (let look = 0; look < 400; look++) {
    const response = await fetch(`${running.dashboard}/api/v1/imports`, {
      headers: { 'x-understudy-key': keys.operator },
    });
    const [newest] = ((await response.json()) as ImportListView).imports;
    if (newest?.state === 'done' || newest?.state === 'failed') return newest;
    await sleep(200);
  }
  assert.fail('it does not end');
}

/** What has been uploaded and is still there: beside it there are locks. */
const files = (): string[] =>
  existsSync(uploads)
    ? readdirSync(uploads, { recursive: true, encoding: 'utf8' }).filter((file) =>
        basename(file).startsWith('import_'),
      )
    : [];

/** @param length Of each call's text, beside what is the same in all. */
const log = (calls: number, length = 1): string =>
  Array.from({ length: calls }, (_, n) =>
    JSON.stringify({
      messages: [
        { role: 'system', content: 'You sort mail into order or refund.' },
        { role: 'user', content: `mail ${n} ${'x'.repeat(length)}` },
        { role: 'assistant', content: n % 2 ? 'order' : 'refund' },
      ],
    }),
  ).join('\n');

test('a log file is imported and assessed, one at a time, and its upload is removed', async () => {
  const response = await send(log(60));
  assert.equal(response.status, 200);
  const [file = ''] = files();
  assert.equal(statSync(join(uploads, file)).mode & 0o777, 0o600);
  assert.equal((await send(log(2))).status, 409);
  const done = await ended();
  assert.deepEqual([done.state, done.error], ['done', null]);
  assert.deepEqual([done.report?.calls, done.report?.formats], [60, ['openai-fine-tuning']]);
  assert.equal(done.assessment?.calls, 60);
  assert.equal(done.assessment?.tasks.length, 1);
  assert.deepEqual(files(), []);
});

test('the same file again adds nothing, and is no failure', async () => {
  assert.equal((await send(log(60))).status, 200);
  const { state, report } = await ended();
  assert.deepEqual([state, report?.calls, report?.already], ['done', 0, 60]);
});

test('a file without a call is a failure that says why', async () => {
  assert.equal((await send('{"unlike":"any log"}\n')).status, 200);
  const { state, error } = await ended();
  assert.equal(state, 'failed');
  assert.ok(error && error.message !== '' && error.hint !== '');
  assert.deepEqual(files(), []);
});

test('what is too large or empty is refused and leaves no file', async () => {
  const large = await send(log(60, 1000));
  assert.equal(large.status, 413);
  const { error } = (await large.json()) as { error: { message: string; hint: string } };
  assert.match(`${error.message} ${error.hint}`, /0\.05 MB.*understudy import/);
  assert.equal((await send('')).status, 400);
  assert.deepEqual(files(), []);
});

test('a viewer may neither send a file nor see what was sent', async () => {
  assert.equal((await send(log(1), keys.viewer)).status, 403);
  const list = await fetch(`${running.dashboard}/api/v1/imports`, {
    headers: { 'x-understudy-key': keys.viewer },
  });
  assert.equal(list.status, 403);
});
