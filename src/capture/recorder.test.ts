import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { exampleCall, NOON, temporaryFolder } from '../../test/support/calls.ts';
import { MASTER_KEY as env, openDataFolder, REDACTION } from '../../test/support/data-folder.ts';
import type { Call } from '../core/call.ts';
import { nothingDrained } from './drain.ts';
import { startDrain } from './drain-loop.ts';
import { decodeSegment } from './frames.ts';
import { openRecorder } from './recorder.ts';
import { dayOf } from './vault.ts';

async function open(options: { readonly segmentBytes?: number; readonly now?: () => number } = {}) {
  const dataDir = temporaryFolder();
  const path = join(dataDir, 'store.sqlite');
  const folder = openDataFolder(dataDir, { busyTimeoutMs: 0 });
  const { store, vault } = folder;
  const lines: string[] = [];
  const dir = join(dataDir, 'journal');
  const log = (line: string): void => {
    lines.push(line);
  };
  const recorder = await openRecorder({ dir, vault, redaction: REDACTION, log, now: () => NOON, ...options });
  return { ...folder, dataDir, path, store, vault, lines, dir, log, recorder };
}

const segments = (dir: string): string[] =>
  readdirSync(dir).filter((name) => /\.(?:open|segment)$/.test(name));

test('a recorded call comes back from the store as it was, with its sender as a pseudonym', async () => {
  const { store, vault, recorder, dir, dataDir, drain, calls } = await open();
  const call = exampleCall(1, { served: { by: 'spec', reason: 'confident', taskId: 't', confidence: 0.9 } });
  await recorder.record(call, 'sk-secret-key');
  const broken = exampleCall(2, { response: null, status: 502 });
  await recorder.record(broken, '');
  await recorder.close();
  assert.deepEqual(await drain(dir), { ...nothingDrained(), calls: 2 });
  const [first, second] = await calls();
  const sessionOf = (one: Call): string => vault.pseudonym(`session ${one.sessionId}`);
  assert.deepEqual(first, {
    ...call,
    origin: vault.pseudonym('sk-secret-key'),
    sessionId: sessionOf(call),
  });
  assert.deepEqual(second, { ...broken, sessionId: sessionOf(broken) });
  for (const name of readdirSync(dataDir, { recursive: true, encoding: 'utf8' })) {
    if (statSync(join(dataDir, name)).isDirectory()) continue;
    const bytes = readFileSync(join(dataDir, name));
    for (const text of ['sk-secret', 'parcel', 'sort the mail'])
      assert.ok(!bytes.includes(text), `${text} in ${name}`);
  }
  await store.close();
});

test('the tokens of a call whose provider told none, as in most streams, are estimated', async () => {
  const { store, recorder, dir, drain, calls } = await open();
  const told = exampleCall(1);
  await recorder.record(told, '');
  await recorder.record(exampleCall(2, { response: { ...told.response!, usage: null } }), '');
  await recorder.record(exampleCall(3, { response: null }), '');
  await recorder.close();
  await drain(dir);
  const stored = (await Array.fromAsync(store.calls())).flat();
  assert.deepEqual(
    stored.map(({ promptTokens, completionTokens }) => [promptTokens > 0, completionTokens]),
    [
      [true, 1],
      [true, 2],
      [false, 0],
    ],
  );
  // What the provider said of them stays what it said: nothing.
  assert.equal((await calls())[1]?.response?.usage, null);
  await store.close();
});

test('what a call’s answer copies, it copies after redaction too', async () => {
  const { store, recorder, dir, drain, calls } = await open();
  const args = '{ "email": "anna.schmidt@web.de",  "name": "Anna Schmidt", "order": 4421486 }';
  const call = exampleCall(1, {
    tags: { user: 'anna.schmidt@web.de' },
    request: {
      ...exampleCall(1).request,
      params: { user: 'anna-42', temperature: 0 },
      messages: [
        { role: 'system', content: 'You help. Greet with "Dear customer,".' },
        {
          role: 'user',
          content: 'Hi, my mail is anna.schmidt@web.de, order 4421486.\n\nBest regards,\nAnna Schmidt',
        },
      ],
    },
    response: {
      model: 'm',
      message: {
        role: 'assistant',
        content: '',
        toolCalls: [{ id: 'c1', name: 'look_up', arguments: args }],
      },
      finishReason: 'tool_calls',
      usage: null,
    },
  });
  await recorder.record(call, '');
  await recorder.close();
  await drain(dir);
  const [read] = await calls();
  assert.ok(read?.response);
  const whole = JSON.stringify(read);
  for (const secret of ['anna', 'schmidt', 'web.de'])
    assert.ok(!whole.toLowerCase().includes(secret), secret);
  const copied = JSON.parse(read.response.message.toolCalls?.[0]?.arguments ?? '') as Record<string, string>;
  assert.deepEqual(Object.keys(copied), ['email', 'name', 'order']);
  assert.equal(copied.order, 4421486);
  const mail = read.request.messages[1]?.content ?? '';
  assert.ok(mail.includes(`my mail is ${copied.email}, order 4421486`), mail);
  assert.ok(mail.endsWith(`Best regards,\n${copied.name}`), mail);
  assert.equal(read.request.messages[0]?.content, 'You help. Greet with "Dear customer,".');
  assert.equal(read.tags.user, copied.email);
  assert.match(String(read.request.params.user), /^[0-9a-f]{24}$/);
  await store.close();
});

test('a part that calls share is journalled once a segment and stored once', async () => {
  const { store, recorder, dir, drain } = await open();
  for (let n = 0; n < 20; n++) await recorder.record(exampleCall(n), 'k');
  recorder.rotate();
  for (let n = 20; n < 40; n++) await recorder.record(exampleCall(n), 'k');
  await recorder.close();
  const frames = segments(dir).flatMap((name) => decodeSegment(readFileSync(join(dir, name))).frames);
  // Per segment: model and tags, settings, tools, system prompt, response, and 20 user messages.
  assert.equal(frames.filter(({ kind }) => kind === 'part').length, 50);
  assert.equal((await drain(dir)).calls, 40);
  const held = new Set(
    (await Array.fromAsync(store.calls()))
      .flat()
      .flatMap((call) => [...call.requestParts, call.responsePart ?? '']),
  );
  assert.equal(held.size, 44);
  assert.deepEqual(segments(dir), []);
  await store.close();
});

test('a drain beside a running recorder takes what is there, again and again, without losing or doubling', async () => {
  const { store, recorder, dir, drain } = await open({ segmentBytes: 4000 });
  for (let n = 0; n < 30; n++) {
    await recorder.record(exampleCall(n), 'k');
    if (n % 7 === 0) {
      await drain(dir);
      assert.equal(await store.countCalls(), n + 1);
    }
  }
  await recorder.close();
  await drain(dir);
  assert.equal(await store.countCalls(), 30);
  assert.deepEqual(segments(dir), []);
  await store.close();
});

test('a second recorder on the same journal is refused while the first one runs', async () => {
  const { vault, recorder, dir, log, store } = await open();
  await assert.rejects(openRecorder({ dir, vault, redaction: REDACTION, log, lockWaitMs: 0 }), {
    code: 'in-use',
  });
  await recorder.close();
  await (await openRecorder({ dir, vault, redaction: REDACTION, log })).close();
  await store.close();
});

test('a locked store delays the drain and loses nothing; recording does not notice', async () => {
  const { store, path, stage, recorder, dir, log, drain, calls } = await open();
  const other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  const draining = startDrain({ dir, store, openStage: async () => stage, everyMs: 1, log });
  for (let n = 0; n < 10; n++) await recorder.record(exampleCall(n), 'k');
  for (let i = 0; i < 50; i++) await turn();
  await assert.rejects(drain(dir), { code: 'overloaded' });
  assert.deepEqual(recorder.counts, { recorded: 10, failed: 0 });
  assert.equal(await store.countCalls(), 0);
  other.exec('ROLLBACK');
  other.close();
  while ((await store.countCalls()) < 10) await new Promise((resolve) => setTimeout(resolve, 2));
  await draining.stop();
  await recorder.close();
  assert.equal((await calls()).length, 10);
  await store.close();
});

test('the next day’s key is made ahead, so that a store locked at midnight costs nothing', async () => {
  let time = NOON + 3600_000;
  const { store, path, recorder, dir, drain } = await open({ now: () => time });
  await recorder.record(exampleCall(1, { at: time }), 'k');
  const other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  time += 12 * 3600_000;
  await recorder.record(exampleCall(2, { at: time }), 'k');
  assert.deepEqual(recorder.counts, { recorded: 2, failed: 0 });
  other.exec('ROLLBACK');
  other.close();
  await recorder.close();
  assert.equal((await drain(dir)).calls, 2);
  await store.close();
});

test('calls of an erased day are left out and counted', async () => {
  const { store, recorder, dir, drain, calls } = await open();
  await recorder.record(exampleCall(1), 'k');
  await recorder.record(exampleCall(2, { at: NOON + 24 * 3600_000 }), 'k');
  await recorder.close();
  await drain(dir);
  await store.deleteKey('2026-05-01');
  let erased = 0;
  const read = await calls({}, (count) => {
    erased = count;
  });
  assert.deepEqual(
    read.map((call) => call.id),
    ['call_2'],
  );
  assert.equal(erased, 1);
  await store.close();
});

test('a journal that cannot be written is counted, told once a minute without payload, and never rejects', async () => {
  let time = NOON;
  const { dir, recorder, lines, store, drain, calls } = await open({ now: () => time });
  rmSync(dir, { recursive: true });
  writeFileSync(dir, '');
  for (let n = 0; n < 5; n++) await recorder.record(exampleCall(n), 'k');
  time += 61_000;
  await recorder.record(exampleCall(5), 'k');
  assert.deepEqual(recorder.counts, { recorded: 0, failed: 6 });
  assert.equal(lines.length, 2);
  assert.ok(lines.every((line) => !line.includes('parcel')));
  rmSync(dir);
  mkdirSync(dir);
  // The parts of the failed calls have to come again.
  await recorder.record(exampleCall(1), 'k');
  await recorder.close();
  await drain(dir);
  assert.deepEqual(
    (await calls()).map((call) => call.id),
    ['call_1'],
  );
  await store.close();
});

test('a call that cannot be sealed is counted, not thrown', async () => {
  const { recorder, store } = await open();
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  await recorder.record(
    exampleCall(1, { request: { ...exampleCall(1).request, params: circular as Call['request']['params'] } }),
    '',
  );
  assert.deepEqual(recorder.counts, { recorded: 0, failed: 1 });
  await recorder.close();
  await store.close();
});

const CHILD = join(import.meta.dirname, '../../test/support/recorder-child.ts');

test('a recorder killed by SIGKILL has lost nothing that it acknowledged', async () => {
  const dataDir = temporaryFolder();
  const child = spawn(process.execPath, [CHILD, dataDir, '1000000'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8');
  for await (const chunk of child.stdout) {
    output += chunk;
    if (output.length > 4000) child.kill('SIGKILL');
  }
  const acknowledged = output.split('\n').slice(0, -1);
  assert.ok(acknowledged.length > 100);
  const { store, vault, drain, calls } = openDataFolder(dataDir);
  const dir = join(dataDir, 'journal');
  // As the next start would: taking over the journal, then draining it.
  await (await openRecorder({ dir, vault, redaction: REDACTION, log: () => {} })).close();
  assert.equal((await drain(dir)).damaged, 0);
  const ids = new Set((await calls()).map((call) => call.id));
  assert.deepEqual(
    acknowledged.filter((id) => !ids.has(id)),
    [],
  );
  assert.deepEqual(segments(dir), []);
  await store.close();
});

test('a full disk costs the calls that do not fit, and none of those acknowledged', async () => {
  const dataDir = temporaryFolder();
  const { store, vault, drain, calls } = openDataFolder(dataDir);
  for (const hours of [0, 12, 24]) await vault.prepare(dayOf(Date.now() + hours * 3600_000));
  // The limit on file size (in blocks of 512 or 1,024 bytes) stops the journal's segment in the middle of a frame.
  const child = spawnSync(
    'sh',
    ['-c', `ulimit -f 300; exec "$0" "$@"`, process.execPath, CHILD, dataDir, '3000'],
    {
      env: { ...process.env, ...env },
      encoding: 'utf8',
    },
  );
  assert.equal(child.status, 0, child.stderr);
  const acknowledged = child.stdout.split('\n').slice(0, -1);
  assert.match(child.stderr, /not recorded/);
  const drained = await drain(join(dataDir, 'journal'));
  assert.deepEqual({ tornBytes: drained.tornBytes, damaged: drained.damaged }, { tornBytes: 0, damaged: 0 });
  const ids = new Set((await calls()).map((call) => call.id));
  assert.ok(acknowledged.length > 100 && acknowledged.length < 3000, String(acknowledged.length));
  assert.deepEqual(
    acknowledged.filter((id) => !ids.has(id)),
    [],
  );
  await store.close();
});
