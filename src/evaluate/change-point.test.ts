import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../core/random.ts';
import { changePoint, type TimedOutcome } from './change-point.ts';

function outcomes(n: number, error: (i: number) => number, seed: number, perSession = 1): TimedOutcome[] {
  const random = seededRandom(seed);
  return Array.from({ length: n }, (_, i) => ({
    at: i,
    session: `s${Math.floor(i / perSession)}`,
    wrong: random.next() < error(i),
  }));
}

test('a change for the worse is found, and dated within a hundred calls', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const found = changePoint(outcomes(800, (i) => (i < 600 ? 0.01 : 0.15), seed));
    assert.ok(found !== null && Math.abs(found.since - 600) < 100, `seed ${seed}: ${found?.since}`);
    assert.equal(found.before.n + found.after.n, 800);
  }
});

test('where nothing has changed, or for the better, a change is found in at most 1 % of runs', () => {
  let found = 0;
  for (let seed = 1; seed <= 400; seed++) {
    if (changePoint(outcomes(600, () => 0.05, seed)) !== null) found++;
    assert.equal(changePoint(outcomes(300, (i) => (i < 150 ? 0.3 : 0.01), seed)), null);
  }
  // More than 9 of 400 at 1 % would be rarer than one in fifty.
  assert.ok(found <= 9, `${found} of 400`);
});

test('errors of one session count once, and few answers tell nothing', () => {
  const one = outcomes(200, () => 0, 1).map((each) =>
    each.at < 150 ? each : { ...each, session: 'long', wrong: true },
  );
  assert.equal(changePoint(one), null);
  assert.equal(changePoint(outcomes(30, (i) => (i < 15 ? 0 : 1), 1)), null);
  assert.equal(changePoint([]), null);
});
