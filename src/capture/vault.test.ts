import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { UnderstudyError } from '../core/errors.ts';
import type { WrappedKey } from '../core/store.ts';
import { dayOf, openVault } from './vault.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-vault-'));
after(() => rmSync(dir, { recursive: true }));

function keyStore(): {
  key(day: string): WrappedKey | null;
  addKey(key: WrappedKey): void;
  all: Map<string, WrappedKey>;
} {
  const all = new Map<string, WrappedKey>();
  return {
    all,
    key: (day) => all.get(day) ?? null,
    addKey: (key) => {
      if (!all.has(key.day)) all.set(key.day, key);
    },
  };
}
const env = { UNDERSTUDY_MASTER_KEY: Buffer.alloc(32, 7).toString('base64') };
const badConfig = (error: unknown): boolean =>
  error instanceof UnderstudyError && error.code === 'bad-config';

test('what is sealed opens again, also in another vault on the same keys', () => {
  const store = keyStore();
  const one = openVault({ dataDir: dir, store, env });
  const other = openVault({ dataDir: dir, store, env });
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'grapheme', maxLength: 2000 }), fc.constant('word '.repeat(900))),
      (text) => {
        const part = one.seal('2026-05-01', text);
        assert.equal(other.open(part), text.toWellFormed());
        assert.equal(other.seal('2026-05-01', text).id, part.id);
        assert.notEqual(one.seal('2026-05-02', text).id, part.id);
      },
    ),
    { numRuns: 60 },
  );
});

test('repetitive content shrinks, and neither content nor key is in what is stored', () => {
  const store = keyStore();
  const vault = openVault({ dataDir: dir, store, env });
  const part = vault.seal('2026-05-01', 'You are a helpful assistant. '.repeat(100));
  assert.ok(part.sealed.length < 600, String(part.sealed.length));
  assert.ok(!Buffer.from(part.sealed).includes('helpful'));
});

test('a part opens under its own id and day only, and not once a bit has changed', () => {
  const vault = openVault({ dataDir: dir, store: keyStore(), env });
  const part = vault.seal('2026-05-01', 'hello');
  vault.prepare('2026-05-02');
  assert.equal(vault.open({ ...part, day: '2026-05-02' }), null);
  assert.equal(vault.open({ ...part, id: vault.seal('2026-05-01', 'other').id }), null);
  for (let i = 0; i < part.sealed.length; i++) {
    const changed = Uint8Array.from(part.sealed);
    changed[i]! ^= 1;
    assert.equal(vault.open({ ...part, sealed: changed }), null);
  }
  assert.equal(vault.open({ ...part, sealed: part.sealed.slice(0, 10) }), null);
});

test('a day without its key cannot be opened', () => {
  const store = keyStore();
  const vault = openVault({ dataDir: dir, store, env });
  const part = vault.seal('2026-05-01', 'hello');
  store.all.delete('2026-05-01');
  assert.equal(vault.open(part), null);
  assert.equal(openVault({ dataDir: dir, store, env }).open(part), null);
});

test('the wrong master key is told from an erased day', () => {
  const store = keyStore();
  openVault({ dataDir: dir, store, env }).prepare('2026-05-01');
  const wrong = openVault({
    dataDir: dir,
    store,
    env: { UNDERSTUDY_MASTER_KEY: Buffer.alloc(32, 8).toString('base64') },
  });
  assert.throws(() => wrong.prepare('2026-05-01'), badConfig);
});

test('a master key file is made for its owner only, and used again', () => {
  const dataDir = join(dir, 'new', 'folder');
  const store = keyStore();
  const part = openVault({ dataDir, store }).seal('2026-05-01', 'hello');
  assert.equal(statSync(join(dataDir, 'master.key')).mode & 0o777, 0o600);
  const again = openVault({ dataDir, store });
  assert.equal(again.open(part), 'hello');
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
