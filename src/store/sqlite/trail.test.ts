import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { trailEntry } from '../../../test/contracts/store/trail.ts';
import { MASTER_KEY } from '../../../test/support/data-folder.ts';
import { openKeys } from '../../capture/vault.ts';
import type { TrailCheck, TrailHead } from '../../core/trail.ts';
import { openSqliteStore } from './store.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-trail-'));
after(() => rmSync(dir, { recursive: true }));
const CIPHER = openKeys({ dataDir: dir, env: MASTER_KEY }).cipher;
const ENTRIES = 12;
let files = 0;

async function written(entries: number): Promise<{ path: string; head: TrailHead }> {
  const path = join(dir, `trail-${++files}.db`);
  const store = openSqliteStore(path, CIPHER);
  for (let at = 1; at <= entries; at++) await store.appendTrail(trailEntry(at));
  const { head } = await store.checkTrail();
  await store.close();
  return { path, head };
}

/** A copy of the trail, changed behind the store's back, and what the check says of it. */
async function tampered(
  path: string,
  change: (raw: DatabaseSync) => void,
  noted?: TrailHead,
): Promise<TrailCheck> {
  const copy = join(dir, `copy-${++files}.db`);
  copyFileSync(path, copy);
  const raw = new DatabaseSync(copy);
  raw.exec('DROP TRIGGER trail_unchanged; DROP TRIGGER trail_kept;');
  change(raw);
  raw.close();
  const store = openSqliteStore(copy, CIPHER);
  const check = await store.checkTrail(noted);
  await store.close();
  rmSync(copy);
  return check;
}

const sealedOf = (raw: DatabaseSync, no: number): Uint8Array =>
  raw.prepare('SELECT sealed FROM trail WHERE no = ?').get(no)?.sealed as Uint8Array;

/** Ways to change a trail of ENTRIES entries without the master key. */
const CHANGES: readonly {
  readonly name: string;
  readonly change: (raw: DatabaseSync, a: number, b: number, byte: number) => void;
}[] = [
  {
    name: 'a byte changed',
    change: (raw, a, _b, byte) => {
      const sealed = Buffer.from(sealedOf(raw, a));
      sealed[byte % sealed.length]! ^= 1 + (byte % 255);
      raw.prepare('UPDATE trail SET sealed = ? WHERE no = ?').run(sealed, a);
    },
  },
  {
    name: 'an entry cut short, as by a write that was torn',
    change: (raw, a, _b, byte) => {
      const sealed = sealedOf(raw, a);
      raw
        .prepare('UPDATE trail SET sealed = ? WHERE no = ?')
        .run(sealed.subarray(0, byte % sealed.length), a);
    },
  },
  { name: 'an entry left out', change: (raw, a) => raw.prepare('DELETE FROM trail WHERE no = ?').run(a) },
  { name: 'the tail cut off', change: (raw, a) => raw.prepare('DELETE FROM trail WHERE no >= ?').run(a) },
  {
    name: 'an entry left out and the gap closed',
    change: (raw, a) => {
      raw.prepare('DELETE FROM trail WHERE no = ?').run(a);
      raw.prepare('UPDATE trail SET no = -(no - 1) WHERE no > ?').run(a);
      raw.exec('UPDATE trail SET no = -no WHERE no < 0');
      if (a === ENTRIES) raw.exec('DELETE FROM trail_head');
    },
  },
  {
    name: 'two entries in each other’s place',
    change: (raw, a, b) => {
      const [one, other] = [sealedOf(raw, a), sealedOf(raw, b)];
      raw.prepare('UPDATE trail SET sealed = ? WHERE no = ?').run(other, a);
      raw.prepare('UPDATE trail SET sealed = ? WHERE no = ?').run(one, b);
    },
  },
  {
    name: 'an entry copied to the end',
    change: (raw, a) =>
      raw.prepare('INSERT INTO trail (no, sealed) VALUES (?, ?)').run(ENTRIES + 1, sealedOf(raw, a)),
  },
  { name: 'the head removed', change: (raw) => raw.exec('DELETE FROM trail_head') },
  {
    name: 'the head changed',
    change: (raw, _a, _b, byte) => {
      const sealed = Buffer.from(raw.prepare('SELECT sealed FROM trail_head').get()?.sealed as Uint8Array);
      sealed[byte % sealed.length]! ^= 1 + (byte % 255);
      raw.prepare('UPDATE trail_head SET sealed = ?').run(sealed);
    },
  },
];

for (const { name, change } of CHANGES) {
  test(`tampering shows: ${name}`, async () => {
    const { path } = await written(ENTRIES);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: ENTRIES }),
        fc.integer({ min: 1, max: ENTRIES - 1 }),
        fc.nat({ max: 10_000 }),
        async (a, step, byte) => {
          const b = ((a - 1 + step) % ENTRIES) + 1;
          const { faults } = await tampered(path, (raw) => change(raw, a, b, byte));
          assert.notDeepEqual(faults, []);
        },
      ),
      { numRuns: 12 },
    );
  });
}

test('a trail that nobody touched has no faults', async () => {
  const { path } = await written(ENTRIES);
  assert.deepEqual((await tampered(path, () => {})).faults, []);
});

test('an earlier state that was put back shows by a head that was noted since', async () => {
  const earlier = await written(3);
  const { head } = await written(ENTRIES);
  assert.deepEqual((await tampered(earlier.path, () => {}, head)).faults, [
    `entry ${ENTRIES}, which was noted, is missing`,
  ]);
});

test('the store itself neither changes nor deletes an entry', async () => {
  const { path } = await written(2);
  const raw = new DatabaseSync(path);
  assert.throws(() => raw.exec('DELETE FROM trail'), /only added to/);
  assert.throws(() => raw.exec("UPDATE trail SET sealed = ''"), /only added to/);
  raw.close();
});

test('two processes that append at once leave one chain', async () => {
  const { path } = await written(0);
  const stores = [openSqliteStore(path, CIPHER), openSqliteStore(path, CIPHER)];
  for (let at = 1; at <= 20; at++) await stores[at % 2]?.appendTrail(trailEntry(at));
  assert.deepEqual((await stores[0]?.checkTrail())?.faults, []);
  for (const store of stores) await store.close();
});
