import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Served } from '../core/call.ts';
import { seededRandom } from '../core/random.ts';
import { type CoverageAlarm, newCoverageWatch, watchCoverage } from './coverage.ts';

type Reason = Served['reason'];

/** The alarms that a stream of decisions raises, with the number of the call. */
function alarmsOf(reasons: readonly Reason[], coverage = 0.8, isLive = true): [number, CoverageAlarm][] {
  let watch = newCoverageWatch(coverage);
  const alarms: [number, CoverageAlarm][] = [];
  for (const [i, reason] of reasons.entries()) {
    const next = watchCoverage(watch, { reason }, isLive);
    watch = next.watch;
    if (next.alarm !== null) alarms.push([i, next.alarm]);
  }
  return alarms;
}

/** Calls of which this share is served; the others are escalated for the reason. */
function calls(n: number, coverage: number, seed: number, reason: Reason = 'low-confidence'): Reason[] {
  const random = seededRandom(seed);
  return Array.from({ length: n }, () => (random.next() < coverage ? 'confident' : reason));
}

test('as long as as much is served as was promised, next to no alarm is raised', () => {
  let raised = 0;
  for (let seed = 1; seed <= 100; seed++) if (alarmsOf(calls(5_000, 0.8, seed)).length > 0) raised++;
  // At most 1 % within 10,000 calls: 5 in 100 runs are seen in one of a thousand.
  assert.ok(raised < 5, `${raised} of 100`);
});

test('a fall of coverage is one alarm an episode, soon after it began', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const stream = [
      ...calls(3_000, 0.85, seed),
      ...calls(2_000, 0.5, seed + 100),
      ...calls(2_000, 0.9, seed + 200),
      ...calls(2_000, 0.5, seed + 300),
    ];
    const alarms = alarmsOf(stream);
    assert.deepEqual(
      alarms.map(([, alarm]) => alarm),
      ['coverage-fell', 'coverage-fell'],
    );
    assert.ok(alarms[0]![0] > 3_000 && alarms[0]![0] < 3_200, String(alarms[0]![0]));
    assert.ok(alarms[1]![0] > 7_000 && alarms[1]![0] < 7_200, String(alarms[1]![0]));
  }
});

test('inputs that are all unlike what was learnt raise an alarm within some dozen calls, in any stage', () => {
  for (const before of ['confident', 'shadow', 'canary'] as const) {
    const stream: Reason[] = [
      ...Array<Reason>(500).fill(before),
      ...Array<Reason>(40).fill('unfamiliar-input'),
    ];
    const [first, ...others] = alarmsOf(stream, 0.5, before === 'confident');
    assert.equal(first?.[1], 'inputs-unfamiliar');
    assert.deepEqual(
      others.filter(([, alarm]) => alarm === 'inputs-unfamiliar'),
      [],
    );
  }
});

test('what says nothing about the specialist raises no alarm: policy, overload, errors, a caller who asks for the LLM', () => {
  for (const reason of ['policy', 'overload', 'error', 'asked-for', 'no-specialist', 'audit'] as const)
    assert.deepEqual(alarmsOf(Array<Reason>(2_000).fill(reason)), []);
  assert.deepEqual(alarmsOf(Array<Reason>(2_000).fill('canary'), 0.8, false), []);
});
