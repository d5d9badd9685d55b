import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { UnderstudyError } from '../core/errors.ts';
import type { SealedPart, WrappedKey } from '../core/store.ts';
import { dayOf, openVault, type Vault } from './vault.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-vault-'));
after(() => rmSync(dir, { recursive: true }));

function keyStore() {
  const all = new Map<string, WrappedKey>();
  return {
    all,
    keys: async (days: readonly string[]) => days.flatMap((day) => all.get(day) ?? []),
    addKey: async (key: WrappedKey) => {
      if (!all.has(key.day)) all.set(key.day, key);
    },
  };
}
const DAY = '2026-05-01';
const NEXT = '2026-05-02';
const sealed = async (vault: Vault, text: string, day = DAY): Promise<SealedPart> => {
  await vault.prepare(day);
  return vault.seal(day, text);
};
const opened = async (vault: Vault, part: SealedPart): Promise<string | null> =>
  (await vault.ring([part.day])).open(part);
const env = { UNDERSTUDY_MASTER_KEY: Buffer.alloc(32, 7).toString('base64') };
const badConfig = (error: unknown): boolean =>
  error instanceof UnderstudyError && error.code === 'bad-config';

test('what is sealed opens again, also in another vault on the same keys', async () => {
  const store = keyStore();
  const one = openVault({ dataDir: dir, store, env });
  const other = openVault({ dataDir: dir, store, env });
  for (const vault of [one, other]) for (const day of [DAY, NEXT]) await vault.prepare(day);
  const ring = await other.ring([DAY]);
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'grapheme', maxLength: 2000 }), fc.constant('word '.repeat(900))),
      (text) => {
        const part = one.seal(DAY, text);
        assert.equal(ring.open(part), text.toWellFormed());
        assert.equal(other.seal(DAY, text).id, part.id);
        assert.equal(ring.seal(DAY, text).id, part.id);
        assert.notEqual(one.seal(NEXT, text).id, part.id);
      },
    ),
    { numRuns: 60 },
  );
});

test('parts that are sealed one after the other, long and short, stay what they were', async () => {
  const vault = openVault({ dataDir: dir, store: keyStore(), env });
  await vault.prepare(DAY);
  const ring = await vault.ring([DAY]);
  fc.assert(
    fc.property(fc.array(fc.nat(30_000), { minLength: 2, maxLength: 30 }), (lengths) => {
      const texts = lengths.map((length, i) => `${i} €ß`.repeat(length).slice(0, length));
      const parts = texts.map((text) => vault.seal(DAY, text));
      assert.deepEqual(
        parts.map((part) => ring.open(part)),
        texts,
      );
    }),
    { numRuns: 30 },
  );
});

test('repetitive content shrinks, and neither content nor key is in what is stored', async () => {
  const vault = openVault({ dataDir: dir, store: keyStore(), env });
  const part = await sealed(vault, 'You are a helpful assistant. '.repeat(100));
  assert.ok(part.sealed.length < 600, String(part.sealed.length));
  assert.ok(!Buffer.from(part.sealed).includes('helpful'));
});

test('a part opens under its own id and day only, and not once a bit has changed', async () => {
  const vault = openVault({ dataDir: dir, store: keyStore(), env });
  const part = await sealed(vault, 'hello');
  await vault.prepare(NEXT);
  const ring = await vault.ring([DAY, NEXT]);
  assert.equal(ring.open(part), 'hello');
  assert.equal(ring.open({ ...part, day: NEXT }), null);
  assert.equal(ring.open({ ...part, id: vault.seal(DAY, 'other').id }), null);
  for (let i = 0; i < part.sealed.length; i++) {
    const changed = Uint8Array.from(part.sealed);
    changed[i]! ^= 1;
    assert.equal(ring.open({ ...part, sealed: changed }), null);
  }
  assert.equal(ring.open({ ...part, sealed: part.sealed.slice(0, 10) }), null);
});

test('a day without its key cannot be opened, nor sealed for', async () => {
  const store = keyStore();
  const vault = openVault({ dataDir: dir, store, env });
  assert.throws(() => vault.seal(DAY, 'hello'), { code: 'internal' });
  const part = await sealed(vault, 'hello');
  store.all.delete(DAY);
  assert.equal(await opened(vault, part), null);
  assert.equal(await opened(openVault({ dataDir: dir, store, env }), part), null);
  assert.throws(() => openVault({ dataDir: dir, store, env }).keyId(DAY), { code: 'internal' });
});

test('a key that was erased is forgotten and never put back; a day that goes on gets a new one', async () => {
  const store = keyStore();
  const vault = openVault({ dataDir: dir, store, env });
  const [old, oldNext] = [await sealed(vault, 'hello'), await sealed(vault, 'hello', NEXT)];
  const before = { id: vault.keyId(NEXT), key: store.all.get(NEXT) };
  await vault.refresh(NEXT);
  assert.equal(vault.keyId(NEXT), before.id, 'nothing was erased');
  store.all.clear();
  await vault.refresh(NEXT);
  assert.equal(vault.isReady(DAY), false, 'the day is over');
  assert.equal(vault.isReady(NEXT), true);
  assert.notEqual(vault.keyId(NEXT), before.id);
  assert.notDeepEqual(store.all.get(NEXT), before.key);
  assert.deepEqual([...store.all.keys()], [NEXT]);
  const fresh = vault.seal(NEXT, 'hello');
  assert.notEqual(fresh.id, oldNext.id);
  assert.equal(await opened(vault, fresh), 'hello');
  assert.equal(await opened(vault, oldNext), null);
  assert.equal(await opened(vault, old), null);
});

test('a key that another process made after an erasure is taken over, in sealing and in opening', async () => {
  const store = keyStore();
  const [one, other] = [openVault({ dataDir: dir, store, env }), openVault({ dataDir: dir, store, env })];
  await one.prepare(DAY);
  store.all.clear();
  const part = await sealed(other, 'hello');
  assert.equal(await opened(one, part), 'hello');
  await one.refresh(DAY);
  assert.equal(one.seal(DAY, 'hello').id, part.id);
});

test('the wrong master key is told from an erased day', async () => {
  const store = keyStore();
  await openVault({ dataDir: dir, store, env }).prepare(DAY);
  const wrong = openVault({
    dataDir: dir,
    store,
    env: { UNDERSTUDY_MASTER_KEY: Buffer.alloc(32, 8).toString('base64') },
  });
  await assert.rejects(wrong.prepare(DAY), badConfig);
});

test('a master key file is made for its owner only, and used again', async () => {
  const dataDir = join(dir, 'new', 'folder');
  const store = keyStore();
  const part = await sealed(openVault({ dataDir, store }), 'hello');
  assert.equal(statSync(join(dataDir, 'master.key')).mode & 0o777, 0o600);
  const again = openVault({ dataDir, store });
  assert.equal(await opened(again, part), 'hello');
  assert.equal(again.pseudonym('sk-1'), openVault({ dataDir, store }).pseudonym('sk-1'));
  chmodSync(join(dataDir, 'master.key'), 0o644);
  assert.throws(() => openVault({ dataDir, store }), badConfig);
});

test('a malformed master key is refused', () => {
  assert.throws(
    () => openVault({ dataDir: dir, store: keyStore(), env: { UNDERSTUDY_MASTER_KEY: 'short' } }),
    badConfig,
  );
});

test('pseudonyms are equal for equal senders, depend on the key and hide the sender', () => {
  const vault = openVault({ dataDir: dir, store: keyStore(), env });
  const other = openVault({
    dataDir: dir,
    store: keyStore(),
    env: { UNDERSTUDY_MASTER_KEY: Buffer.alloc(32, 8).toString('base64') },
  });
  assert.equal(vault.pseudonym('a'), vault.pseudonym('a'));
  assert.notEqual(vault.pseudonym('a'), vault.pseudonym('b'));
  assert.notEqual(vault.pseudonym('a'), other.pseudonym('a'));
  assert.match(vault.pseudonym('a'), /^[0-9a-f]{24}$/);
});

test('days are those of UTC', () => {
  assert.equal(dayOf(Date.UTC(2026, 4, 1, 23, 59, 59, 999)), '2026-05-01');
  assert.equal(dayOf(Date.UTC(2026, 4, 2)), '2026-05-02');
});
