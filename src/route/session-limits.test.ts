import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sessionLimits } from './session-limits.ts';

it('counts the served calls of a session for each specialist', () => {
  const limits = sessionLimits(100);
  assert.equal(limits.isReached('a', 's', 2), false);
  for (let i = 0; i < 2; i++) limits.count('a', 's');
  assert.equal(limits.isReached('a', 's', 2), true);
  assert.equal(limits.isReached('a', 's', 3), false);
  assert.equal(limits.isReached('b', 's', 2), false);
  assert.equal(limits.isReached('a', 't', 2), false);
});

it('forgets the session whose last call is longest ago', () => {
  const limits = sessionLimits(2);
  for (const session of ['s', 't', 's', 'u']) limits.count('a', session);
  assert.equal(limits.isReached('a', 't', 1), false);
  assert.equal(limits.isReached('a', 's', 2), true);
});
