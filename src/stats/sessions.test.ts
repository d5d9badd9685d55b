import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  effectiveCalls,
  type SessionTally,
  type SessionTest,
  sessionCap,
  sessionsPass,
  sessionsPValue,
} from './sessions.ts';
import { binomialTail } from './statistics.ts';

const TESTS: readonly SessionTest[] = [
  { kind: 'thinned', cap: 3, quantile: 1 },
  { kind: 'thinned', cap: 3, quantile: 0.8 },
  { kind: 'thinned', cap: 3, quantile: 0.4 },
  { kind: 'bet', cap: 3, share: 1 },
  { kind: 'bet', cap: 3, share: 0.4 },
];

const many = (count: number, served: number, errors = 0): SessionTally[] =>
  Array.from({ length: count }, () => ({ served, errors }));

/** Every kind of session with at most three served calls. */
const KINDS: readonly SessionTally[] = [0, 1, 2, 3].flatMap((served) =>
  Array.from({ length: served + 1 }, (_, errors) => ({ served, errors })),
);

/** The exact chance that `count` sessions, each of kind i with chance chances[i], pass. */
function chanceToPass(
  chances: readonly number[],
  count: number,
  passes: (sessions: readonly SessionTally[]) => boolean,
): number {
  const used = KINDS.map((kind, i) => ({ kind, chance: chances[i] ?? 0 })).filter(({ chance }) => chance > 0);
  const go = (at: number, left: number, chance: number, sessions: readonly SessionTally[]): number => {
    const { kind, chance: p } = used[at]!;
    if (at === used.length - 1)
      return passes([...sessions, ...many(left, kind.served, kind.errors)]) ? chance * p ** left : 0;
    let sum = 0;
    let ways = 1;
    for (let k = 0; k <= left; k++) {
      const more = many(k, kind.served, kind.errors);
      sum += go(at + 1, left - k, chance * ways * p ** k, [...sessions, ...more]);
      ways *= (left - k) / (k + 1);
    }
    return sum;
  };
  return go(0, count, 1, []);
}

test('a session at the bound passes in at most delta of the cases, whatever its calls have in common', () => {
  const [epsilon, delta] = [0.25, 0.2];
  // Some kinds of clean sessions and one or two with errors, weighed so that the error rate is epsilon exactly.
  const clean = fc.subarray([1, 3, 6], { minLength: 1, maxLength: 2 });
  const wrong = fc.subarray([2, 4, 5, 7, 8, 9], { minLength: 1, maxLength: 2 });
  fc.assert(
    fc.property(clean, wrong, fc.constantFrom(...TESTS), (cleanKinds, wrongKinds, kind) => {
      const sum = (kinds: readonly number[], of: (tally: SessionTally) => number): number =>
        kinds.reduce((total, i) => total + of(KINDS[i]!), 0) / kinds.length;
      // A share x of sessions with errors: x · errors = epsilon · (x · served + (1 − x) · served of the clean).
      const excess = sum(wrongKinds, ({ errors, served }) => errors - epsilon * served);
      const slack = epsilon * sum(cleanKinds, ({ served }) => served);
      if (excess <= 0) return;
      const x = slack / (slack + excess);
      const chances = KINDS.map((_, i) =>
        wrongKinds.includes(i)
          ? x / wrongKinds.length
          : cleanKinds.includes(i)
            ? (1 - x) / cleanKinds.length
            : 0,
      );
      const chance = chanceToPass(chances, 14, (sessions) => sessionsPass(sessions, kind, epsilon, delta));
      assert.ok(chance <= delta + 1e-9, `${chance} ${JSON.stringify([kind, chances])}`);
    }),
    { numRuns: 120, seed: 5 },
  );
});

test('that check can fail: the binomial test on all calls passes too often', () => {
  // A quarter of the sessions is wrong as a whole.
  const chances = KINDS.map(({ served, errors }) =>
    served === 3 ? (errors === 0 ? 0.75 : errors === 3 ? 0.25 : 0) : 0,
  );
  const plain = (sessions: readonly SessionTally[]): boolean => {
    const errors = sessions.reduce((sum, each) => sum + each.errors, 0);
    return binomialTail(errors, sessions.length * 3, 0.25) <= 0.2;
  };
  assert.ok(chanceToPass(chances, 14, plain) > 0.25);
});

test('with one call a session the test is the exact binomial test', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), fc.nat(10), (n, k) => {
      const errors = Math.min(n, k);
      const sessions = [...many(n - errors, 1), ...many(errors, 1, 1)];
      const p = binomialTail(errors, n, 0.02);
      assert.equal(sessionsPValue(sessions, { kind: 'binomial', cap: 1 }, 0.02), p);
      for (const quantile of [1, 0.5]) {
        const thinned = sessionsPValue(sessions, { kind: 'thinned', cap: 1, quantile }, 0.02);
        assert.ok(Math.abs(thinned - Math.min(1, p / quantile)) < 2e-3 || thinned === 1, `${thinned} ${p}`);
      }
    }),
    { numRuns: 50 },
  );
});

test('a test passes from its p-value on, and not below', () => {
  const tally = fc
    .integer({ min: 1, max: 3 })
    .chain((served) =>
      fc.record({ served: fc.constant(served), errors: fc.integer({ min: 0, max: served }) }),
    );
  fc.assert(
    fc.property(
      fc.array(tally, { minLength: 5, maxLength: 60 }),
      fc.constantFrom(...TESTS),
      (sessions, kind) => {
        const p = sessionsPValue(sessions, kind, 0.3);
        assert.ok(p > 0 && p <= 1);
        if (p < 0.99) assert.ok(sessionsPass(sessions, kind, 0.3, p * 1.001));
        assert.ok(!sessionsPass(sessions, kind, 0.3, p * 0.99));
      },
    ),
    { numRuns: 100 },
  );
});

test('sessions wrong as a whole count as one call: 149 clean ones are needed', () => {
  const whole = { kind: 'thinned', cap: 20, quantile: 1 } as const;
  const bet = { kind: 'bet', cap: 20, share: 1 } as const;
  for (const kind of [whole, bet]) {
    assert.equal(sessionsPass(many(148, 20), kind, 0.02, 0.05), false);
    assert.equal(sessionsPass(many(149, 20), kind, 0.02, 0.05), true);
  }
});

test('a session above the cap is a mistake of the caller', () => {
  assert.throws(() => sessionsPass(many(3, 4), { kind: 'bet', cap: 3, share: 1 }, 0.02, 0.05), RangeError);
  assert.throws(
    () => sessionsPass(many(3, 4), { kind: 'thinned', cap: 3, quantile: 1 }, 0.02, 0.05),
    RangeError,
  );
});

test('the cap is the longest session where enough sessions are held back, and leaves out rare long ones', () => {
  const capOf = (sizes: readonly number[], calls: number): number => sessionCap(sizes, calls, 0.02, 0.05).cap;
  assert.deepEqual(sessionCap([5, 5, 5], 2000, 0.02, 0.05), { cap: 5, beyond: 0 });
  assert.equal(sessionCap([], 2000, 0.02, 0.05).cap, 1);
  // One long session among a thousand short ones must not make the proof impossible.
  const rare = [...Array<number>(999).fill(2), 500];
  assert.ok(capOf(rare, 2500) <= 8);
  // Mixed lengths: the more calls are held back, the more of a session may be served.
  const mixed = Array.from({ length: 200 }, (_, i) => 1 + (i % 20));
  assert.ok(capOf(mixed, 1000) < capOf(mixed, 20_000));
  assert.equal(capOf(mixed, 20_000), 20);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }), (sizes) => {
      const { cap, beyond } = sessionCap(sizes, 1000, 0.02, 0.05);
      const calls = sizes.reduce((a, b) => a + b, 0);
      const over = sizes.reduce((sum, size) => sum + Math.max(0, size - cap), 0);
      assert.ok(cap >= 1 && cap <= Math.max(...sizes));
      assert.ok(Math.abs(beyond - over / calls) < 1e-12);
    }),
  );
});

test('calls are worth as many independent ones as there are, where they are, and fewer where not', () => {
  const p = binomialTail(2, 400, 0.02);
  assert.ok(Math.abs(effectiveCalls({ served: 400, errors: 2 }, p, 0.02) - 400) < 0.01);
  const clean = sessionsPValue(many(149, 20), { kind: 'bet', cap: 20, share: 1 }, 0.02);
  assert.ok(Math.abs(effectiveCalls({ served: 149 * 20, errors: 0 }, clean, 0.02) - 149) < 0.5);
  assert.equal(effectiveCalls({ served: 10, errors: 5 }, 1, 0.02), 0);
});
