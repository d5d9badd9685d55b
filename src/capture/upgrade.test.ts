/** A data folder of schema 1, which kept models, tags and what was learnt in the clear, is sealed when it is opened. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { temporaryFolder } from '../../test/support/calls.ts';
import { openDataFolder } from '../../test/support/data-folder.ts';
import { MIGRATIONS } from '../store/sqlite/schema.ts';
import { upgradeCalls } from './upgrade.ts';

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
