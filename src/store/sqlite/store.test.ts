import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { storeContract } from '../../../test/contracts/store/store.ts';
import { MASTER_KEY } from '../../../test/support/data-folder.ts';
import { openKeys } from '../../capture/vault.ts';
import { UnderstudyError } from '../../core/errors.ts';
import type { StoredCall } from '../../core/store.ts';
import { openSqliteStore } from './store.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-store-'));
after(() => rmSync(dir, { recursive: true }));
const CIPHER = openKeys({ dataDir: dir, env: MASTER_KEY }).cipher;
let files = 0;
const freshPath = (): string => join(dir, `store-${++files}.sqlite`);

storeContract('sqlite in memory', () => openSqliteStore(':memory:', CIPHER));
storeContract('sqlite in a file', () => openSqliteStore(freshPath(), CIPHER));

const code = (expected: string) => (error: unknown) =>
  error instanceof UnderstudyError && error.code === expected && error.hint !== '';

test('what was written is there after reopening, in a file for its owner only', async () => {
  const path = freshPath();
  const store = openSqliteStore(path, CIPHER);
  await store.addEvent({ id: 'e1', at: 1, kind: 'task-found', subject: 't', detail: {} });
  await store.close();
  const again = openSqliteStore(path, CIPHER);
  assert.equal((await again.events()).length, 1);
  await again.close();
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('a schema newer than the program is refused and left alone', async () => {
  const path = freshPath();
  await openSqliteStore(path, CIPHER).close();
  const raw = new DatabaseSync(path);
  raw.exec('PRAGMA user_version = 999');
  raw.close();
  assert.throws(() => openSqliteStore(path, CIPHER), code('unsupported'));
  const after = new DatabaseSync(path);
  assert.equal(after.prepare('PRAGMA user_version').get()?.user_version, 999);
  after.close();
});

test('a file that is no database is reported as such', () => {
  const path = freshPath();
  writeFileSync(path, 'This is a letter, not a database. '.repeat(100));
  assert.throws(() => openSqliteStore(path, CIPHER), code('corrupt'));
});

test('a path that cannot be opened is reported as such', () => {
  assert.throws(() => openSqliteStore(dir, CIPHER), code('unavailable'));
});

test('a store locked by another connection says so, and works again afterwards', async () => {
  const path = freshPath();
  const store = openSqliteStore(path, CIPHER, { busyTimeoutMs: 0 });
  const other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  const event = { id: 'e1', at: 1, kind: 'task-found', subject: 't', detail: {} };
  await assert.rejects(store.addEvent(event), code('overloaded'));
  await assert.rejects(store.addCalls([], []), code('overloaded'));
  assert.deepEqual(await store.events(), [], 'reading goes on');
  other.exec('COMMIT');
  other.close();
  await store.addEvent(event);
  assert.equal((await store.events()).length, 1);
  await store.close();
});

test('every row refers to one that is there, whatever calls are added, refused and deleted', async () => {
  const id = fc.integer({ min: 0, max: 5 });
  const action = fc.oneof(
    fc.record({ type: fc.constant('add'), call: id, parts: fc.array(id), given: fc.array(id) }),
    fc.record({ type: fc.constant('delete'), call: id }),
    fc.constant({ type: 'locked' }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 15 }), async (actions) => {
      const path = freshPath();
      const store = openSqliteStore(path, CIPHER, { busyTimeoutMs: 0 });
      const raw = new DatabaseSync(path);
      const part = (n: number) => ({ id: `p${n}`, day: '2026-01-02', sealed: new Uint8Array([n]) });
      for (const each of actions) {
        if ('parts' in each) {
          const requestParts = each.parts.map((n) => `p${n}`);
          const added = [storedCall(`c${each.call}`, requestParts)];
          await store.addCalls(added, [part(0), ...each.given.map(part)]).catch(unlessRefused);
        } else if ('call' in each) await store.deleteCalls([`c${each.call}`]);
        else {
          raw.exec('BEGIN IMMEDIATE');
          await store.addCalls([storedCall('c0', [])], [part(0)]).catch(unlessRefused);
          raw.exec('ROLLBACK');
        }
        assert.deepEqual(raw.prepare('PRAGMA foreign_key_check').all(), []);
        const unheld = 'SELECT id FROM parts WHERE no NOT IN (SELECT part_no FROM call_parts)';
        assert.deepEqual(raw.prepare(unheld).all(), []);
      }
      raw.close();
      await store.close();
    }),
    { numRuns: 40 },
  );
});

/** A part that is neither given nor stored, or a locked store. */
function unlessRefused(error: unknown): void {
  if (!(error instanceof UnderstudyError) || !['bad-input', 'overloaded'].includes(error.code)) throw error;
}

function storedCall(id: string, requestParts: readonly string[]): StoredCall {
  return {
    id,
    at: 1,
    sessionId: 's',
    origin: '',
    stream: false,
    status: 200,
    latencyMs: 1,
    promptTokens: 1,
    completionTokens: 1,
    cachedTokens: 0,
    served: { by: 'llm', reason: 'no-specialist' },
    aboutPart: 'p0',
    requestParts,
    responsePart: null,
  };
}
