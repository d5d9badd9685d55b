import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/support/calls.ts';
import { UnderstudyError } from '../core/errors.ts';
import { withMasterKey } from './master-key-command.ts';
import { finishRotation, makeRootKey, rotateMasterKey } from './root-key.ts';
import { openKeys } from './vault.ts';

const keyOf = (byte: number): string => Buffer.alloc(32, byte).toString('base64');
const isBadConfig = (error: unknown): boolean =>
  error instanceof UnderstudyError && error.code === 'bad-config';

/** Whether what was sealed before is opened with this environment. */
function opens(dataDir: string, sealed: Uint8Array, env: NodeJS.ProcessEnv): boolean {
  try {
    return openKeys({ dataDir, env }).cipher.open(sealed, 'it') === 'text';
  } catch (error) {
    if (isBadConfig(error)) return false;
    throw error;
  }
}

test('a master key in a file is replaced, and the old one opens nothing any more', () => {
  const dataDir = temporaryFolder();
  makeRootKey(dataDir, {});
  const before = openKeys({ dataDir });
  const sealed = before.cipher.seal('text', 'it');
  const old = readFileSync(join(dataDir, 'master.key'), 'utf8').trim();
  assert.deepEqual(rotateMasterKey(dataDir, {}), { state: 'done', oldIsRoot: false });
  assert.notEqual(readFileSync(join(dataDir, 'master.key'), 'utf8').trim(), old);
  assert.equal(opens(dataDir, sealed, {}), true);
  assert.equal(opens(dataDir, sealed, { UNDERSTUDY_MASTER_KEY: old }), false);
  assert.equal(before.cipher.open(sealed, 'it'), 'text', 'who has it open goes on');
  for (const name of ['master.key', 'root.key'])
    assert.equal(statSync(join(dataDir, name)).mode & 0o777, 0o600);
});

test('a master key of the environment is exchanged in two steps, and one of both opens the folder at each moment', () => {
  const dataDir = temporaryFolder();
  const [old, next] = [{ UNDERSTUDY_MASTER_KEY: keyOf(1) }, { UNDERSTUDY_MASTER_KEY: keyOf(2) }];
  makeRootKey(dataDir, old);
  const sealed = openKeys({ dataDir, env: old }).cipher.seal('text', 'it');
  assert.throws(() => rotateMasterKey(dataDir, old), /no new master key/);
  assert.equal(rotateMasterKey(dataDir, { ...old, UNDERSTUDY_NEW_MASTER_KEY: keyOf(2) }).state, 'both');
  assert.deepEqual([opens(dataDir, sealed, old), opens(dataDir, sealed, next)], [true, true]);
  finishRotation(dataDir, next);
  assert.deepEqual([opens(dataDir, sealed, old), opens(dataDir, sealed, next)], [false, true]);
  assert.throws(() => finishRotation(dataDir, old), isBadConfig);
});

test('a folder without a root key of its own is opened as before, and its exchange says what it cannot do', () => {
  const dataDir = temporaryFolder();
  const sealed = openKeys({ dataDir }).cipher.seal('text', 'it');
  assert.equal(rotateMasterKey(dataDir, {}).oldIsRoot, true);
  assert.equal(opens(dataDir, sealed, {}), true);
});

test('the first process to make the root key wins', () => {
  const dataDir = temporaryFolder();
  makeRootKey(dataDir, {});
  const sealed = openKeys({ dataDir }).cipher.seal('text', 'it');
  makeRootKey(dataDir, {});
  assert.equal(opens(dataDir, sealed, {}), true);
});

test('the master key is read from a file that is named', () => {
  const dataDir = temporaryFolder();
  const path = join(temporaryFolder(), 'elsewhere.key');
  writeFileSync(path, keyOf(3), { mode: 0o600 });
  const sealed = openKeys({ dataDir, env: { UNDERSTUDY_MASTER_KEY_FILE: path } }).cipher.seal('text', 'it');
  assert.equal(opens(dataDir, sealed, { UNDERSTUDY_MASTER_KEY: keyOf(3) }), true);
});

test('a command for the master key runs once, and what it says on failing is not told', async () => {
  const runs = join(temporaryFolder(), 'runs');
  const env = { UNDERSTUDY_MASTER_KEY_COMMAND: `echo run >> '${runs}'; echo ${keyOf(4)}` };
  for (let i = 0; i < 3; i++) assert.equal((await withMasterKey(env)).UNDERSTUDY_MASTER_KEY, keyOf(4));
  assert.equal(readFileSync(runs, 'utf8'), 'run\n');
  await assert.rejects(
    withMasterKey({ UNDERSTUDY_MASTER_KEY_COMMAND: 'echo a secret >&2; exit 3' }),
    (error: unknown) => {
      assert.ok(error instanceof UnderstudyError && error.code === 'unavailable');
      assert.match(error.message, /\(3\)/);
      assert.ok(!`${error.message} ${error.hint} ${String(error.cause)}`.includes('a secret'));
      return true;
    },
  );
});
