/** A data folder of schema 1, which kept models, tags and what was learnt in the clear, is sealed when it is opened. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { crc32, deflateSync } from 'node:zlib';
import { temporaryFolder } from '../../test/support/calls.ts';
import { openDataFolder } from '../../test/support/data-folder.ts';
import type { SealedPart } from '../core/store.ts';
import { MIGRATIONS } from '../store/sqlite/schema.ts';
import { nothingDrained } from './drain.ts';
import { upgradeCalls, upgradeTraining } from './upgrade.ts';
import { dayOf, type Vault } from './vault.ts';

const SECRET = 'quetzalcoatl';

function oldStore(path: string): void {
  const sqlite = new DatabaseSync(path);
  sqlite.exec(MIGRATIONS[0]!.sql);
  sqlite.exec('PRAGMA user_version = 1');
  const call = sqlite.prepare(
    `INSERT INTO calls (id, at, session_id, origin, tags, model, stream, status, latency_ms, prompt_tokens,
       completion_tokens, cached_tokens, served_by, served_reason)
     VALUES (?, ?, ?, '', ?, ?, 0, 200, 1, 1, 1, 0, 'llm', 'no-specialist')`,
  );
  const part = sqlite.prepare('INSERT INTO parts (id, day, sealed) VALUES (?, ?, ?)');
  const held = sqlite.prepare('INSERT INTO call_parts VALUES (?, ?, ?)');
  for (let n = 1; n <= 30; n++) {
    call.run(
      `call_${n}`,
      1_770_000_000_000 + n,
      `${SECRET}-session-${n % 3}`,
      `{"${SECRET}":"${SECRET}"}`,
      SECRET,
    );
    part.run(`p${n}`, '2026-02-02', new Uint8Array([n]));
    held.run(n, 0, n);
  }
  const task = { id: 't1', name: SECRET, labels: [SECRET] };
  sqlite.prepare('INSERT INTO tasks VALUES (?, ?)').run('t1', JSON.stringify(task));
  sqlite
    .prepare('INSERT INTO datasets VALUES (?, ?, ?)')
    .run('d1', 't1', deflateSync(JSON.stringify({ id: 'd1' })));
  sqlite.prepare('INSERT INTO verdicts (task_id, at, body) VALUES (?, ?, ?)').run('t1', 1, `["${SECRET}"]`);
  sqlite
    .prepare('INSERT INTO events (id, at, kind, subject, detail) VALUES (?, ?, ?, ?, ?)')
    .run('e1', 1, 'deployment-moved', 's', `{"reason":"${SECRET}"}`);
  sqlite.close();
}

test('what an older version kept in the clear is sealed, readable as before, and gone from the file', async () => {
  const dir = temporaryFolder();
  const path = join(dir, 'store.sqlite');
  oldStore(path);
  assert.ok(readFileSync(path).includes(SECRET));
  const { store, vault } = openDataFolder(dir);
  assert.equal(await upgradeCalls(store.callsInClear, vault), 30);
  assert.equal(await upgradeCalls(store.callsInClear, vault), 0);
  const calls = (await Array.fromAsync(store.calls())).flat();
  assert.equal(calls.length, 30);
  const about = await store.parts(calls.map((call) => call.aboutPart));
  const ring = await vault.ring([...about.values()].map(({ day }) => day));
  for (const call of calls) {
    assert.deepEqual(JSON.parse(ring.open(about.get(call.aboutPart)!)!), {
      model: SECRET,
      tags: { [SECRET]: SECRET },
    });
  }
  assert.equal(new Set(calls.map(({ sessionId }) => sessionId)).size, 3);
  assert.equal(calls[0]?.sessionId, vault.pseudonym(`session ${SECRET}-session-1`));
  assert.equal((await store.tasks())[0]?.name, SECRET);
  assert.equal((await store.dataset('d1'))?.id, 'd1');
  assert.deepEqual(await store.verdicts('t1'), [SECRET]);
  assert.deepEqual((await store.events())[0]?.detail, { reason: SECRET });
  await store.close();
  for (const file of [path, `${path}-wal`]) {
    let bytes: Buffer;
    try {
      bytes = readFileSync(file);
    } catch {
      continue;
    }
    assert.ok(!bytes.includes(SECRET), file);
  }
});

test('what is learnt is opened by its own master key alone', async () => {
  const dir = temporaryFolder();
  const { store } = openDataFolder(dir);
  await store.addEvent({ id: 'e1', at: 1, kind: 'k', subject: 's', detail: { secret: SECRET } });
  await store.close();
  const other = openDataFolder(dir, {
    env: { UNDERSTUDY_MASTER_KEY: Buffer.alloc(32, 9).toString('base64') },
  });
  await assert.rejects(other.store.events(), { code: 'bad-config' });
  await other.store.close();
});

/** A segment as the version before wrote it: frames without marks, calls in the clear. */
function oldSegment(frames: readonly (readonly [kind: number, body: Buffer])[]): Buffer {
  const encoded = frames.map(([kind, body]) => {
    const bytes = Buffer.alloc(9 + body.length);
    bytes.writeUInt32LE(1 + body.length, 0);
    bytes[8] = kind;
    bytes.set(body, 9);
    bytes.writeUInt32LE(crc32(bytes.subarray(8)), 4);
    return bytes;
  });
  return Buffer.concat([Buffer.from('USJ1'), ...encoded]);
}

/** The segment of two calls whose parts the version before sealed, mail address and all. */
function oldJournal(vault: Vault): Buffer {
  const at = Date.UTC(2026, 1, 2);
  const sealed = (value: unknown): SealedPart => vault.seal(dayOf(at), JSON.stringify(value));
  const settings = sealed({ params: {} });
  const tools = sealed([]);
  const message = sealed({ role: 'user', content: 'Write to ana.kovac@web.de about it.' });
  const response = sealed({
    model: SECRET,
    finishReason: 'stop',
    usage: null,
    message: { role: 'assistant', content: 'delivery' },
  });
  const { aboutPart: _, ...shape } = {
    at,
    origin: '',
    stream: false,
    status: 200,
    latencyMs: 1,
    aboutPart: '',
    promptTokens: 1,
    completionTokens: 1,
    cachedTokens: 0,
    served: { by: 'llm', reason: 'no-specialist' },
    requestParts: [settings.id, tools.id, message.id],
    responsePart: response.id,
  };
  const call = (id: string): Buffer =>
    Buffer.from(
      JSON.stringify({ ...shape, id, sessionId: `${SECRET}-1`, model: SECRET, tags: { team: SECRET } }),
    );
  const part = ({ id, day, sealed: bytes }: SealedPart): Buffer =>
    Buffer.concat([Buffer.from(`${id} ${day}\n`), bytes]);
  return oldSegment([
    ...[settings, tools, message, response].map((each) => [1, part(each)] as const),
    [2, call('call_1')],
    [2, call('call_2')],
  ]);
}

test('a journal that an older version left undrained is brought into the store as it would be today', async () => {
  const dataDir = temporaryFolder();
  const { store, vault, drain, calls } = openDataFolder(dataDir);
  const dir = join(dataDir, 'journal');
  mkdirSync(dir);
  await vault.prepare(dayOf(Date.UTC(2026, 1, 2)));
  const bytes = oldJournal(vault);
  writeFileSync(join(dir, 'j_1.segment'), bytes);
  // A write that was cut off: the frames before it are taken, the segment is kept.
  writeFileSync(join(dir, 'j_2.segment'), bytes.subarray(0, bytes.length - 3));
  assert.deepEqual(await drain(dir), {
    ...nothingDrained(),
    calls: 2,
    quarantined: 1,
    tornBytes: bytes.length - 3 - bytes.lastIndexOf('{"at"') + 9,
  });
  const all = await calls();
  assert.equal(all.length, 2);
  for (const { sessionId, request, tags, response } of all) {
    assert.equal(sessionId, vault.pseudonym(`session ${SECRET}-1`));
    assert.deepEqual([request.model, tags], [SECRET, { team: SECRET }]);
    assert.match(request.messages[0]!.content, /^Write to \S+@\S+ about it\.$/);
    assert.ok(!request.messages[0]!.content.includes('kovac'));
    assert.equal(response?.message.content, 'delivery');
  }
  assert.deepEqual(
    readdirSync(dir).filter((name) => name.endsWith('.segment')),
    [],
  );
  await store.close();
});

test('models of an older version, with labels in them, go; what stays in training is its owner’s alone', () => {
  const dataDir = temporaryFolder();
  assert.equal(upgradeTraining(dataDir), 0);
  const dir = join(dataDir, 'training', 'candidate');
  mkdirSync(dir, { recursive: true });
  const old = `understudy-linear 1\n20\n{"classes":["${SECRET}"]}`;
  for (const [name, text] of [
    ['lexical-1.understudy-linear', old],
    ['lexical-1.understudy-linear.part', old],
    ['lexical-2.understudy-linear', 'understudy-linear 2\n2\n{}'],
    ['adapter.gguf', 'GGUF'],
  ] as const) {
    writeFileSync(join(dir, name), text, { mode: 0o644 });
  }
  assert.equal(upgradeTraining(dataDir), 2);
  assert.deepEqual(readdirSync(dir).sort(), ['adapter.gguf', 'lexical-2.understudy-linear']);
  for (const name of ['.', ...readdirSync(dir)])
    assert.equal(statSync(join(dir, name)).mode & 0o077, 0, name);
  assert.equal(upgradeTraining(dataDir), 0);
});
