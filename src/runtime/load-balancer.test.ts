/** Work that one worker cannot take goes to another. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorCode, UnderstudyError } from '../core/errors.ts';
import { sharing } from './load-balancer.ts';

/** Whom the work was given to, and what came of it, where the first worker always fails. */
async function shared(code: ErrorCode): Promise<readonly string[]> {
  const given: string[] = [];
  const share = sharing(['first', 'second']);
  const end = await share(async (worker) => {
    given.push(worker);
    if (worker === 'first') throw new UnderstudyError(code, 'No.', { hint: '' });
    return 'done';
  }).catch((error: UnderstudyError) => error.code);
  return [...given, end];
}

test('one that is down or has no place is passed over, other failures are the work’s own', async () => {
  assert.deepEqual(await shared('unavailable'), ['first', 'second', 'done']);
  assert.deepEqual(await shared('overloaded'), ['first', 'second', 'done']);
  assert.deepEqual(await shared('timed-out'), ['first', 'timed-out']);
  assert.deepEqual(await shared('bad-input'), ['first', 'bad-input']);
});
