import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryFolder } from '../../test/support/calls.ts';
import { tryLock } from './lock.ts';

/** Whether another process gets the lock. */
function elsewhere(dir: string): boolean {
  const url = join(import.meta.dirname, 'lock.ts');
  const program = `const { tryLock } = await import(${JSON.stringify(url)}); console.log(tryLock(${JSON.stringify(dir)}) !== null);`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  assert.match(stdout, /true|false/, stderr);
  return stdout.trim() === 'true';
}

describe('tryLock', () => {
  it('keeps the lock from others, also after it was tried again in the same process', () => {
    const dir = temporaryFolder();
    const lock = tryLock(dir);
    assert.notEqual(lock, null);
    assert.equal(tryLock(dir), null);
    assert.equal(elsewhere(dir), false);
    lock?.release();
    assert.equal(elsewhere(dir), true);
    tryLock(dir)?.release();
  });
});
