import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Served } from '../core/call.ts';
import type { StageChange } from '../core/deployment.ts';
import { seededRandom } from '../core/random.ts';
import type { Specialist } from '../core/specialist.ts';
import { rateOf } from '../stats/statistics.ts';
import { type Alarm, type ChangeWatch, newChangeWatch, type Seen, seenIn, watchCall } from './alarms.ts';

type Reason = Served['reason'];

const DAY = 86_400_000;
/** Calls that are as many an hour that 12,000 make a quarter. */
const GAP = (91 * DAY) / 12_000;

/** Of one that served `served` of 500 calls in its exam. */
function watchOf(served = 400, expects?: StageChange['expects']): ChangeWatch {
  const evidence = {
    exam: { coverage: rateOf(served, 500) },
    gate: { served: 400, errors: 1 },
    calibration: { curve: [{ served: 500, errors: 6 }] },
  };
  const proved = { models: ['gpt'], contradictions: { repeated: 300, differing: 3 } };
  const history = [{ stage: 'shadow' as const, at: 0, reason: '', ...(expects ? { expects } : {}) }];
  return newChangeWatch({ evidence, proved } as unknown as Specialist, { history });
}

/** The first alarm that is raised, with the number of its call; null where none is. */
function alarmIn(
  seen: readonly Seen[],
  start = watchOf(),
  units?: readonly string[],
  repeats?: readonly (string | undefined)[],
): [number, Alarm] | null {
  let watch = start;
  for (const [i, each] of seen.entries()) {
    const next = watchCall(watch, each, i * GAP, units?.[i], repeats?.[i]);
    watch = next.watch;
    if (next.alarm !== null) return [i, next.alarm];
  }
  return null;
}

const decisions = (reasons: readonly Reason[], isLive = true): Seen[] =>
  reasons.map((reason) => seenIn({ reason }, isLive));

/** Calls of which this share is served; the others are escalated for the reason. */
function calls(n: number, coverage: number, seed: number, reason: Reason = 'low-confidence'): Reason[] {
  const random = seededRandom(seed);
  return Array.from({ length: n }, () => (random.next() < coverage ? 'confident' : reason));
}

test('while as much is served as in the exam, next to no alarm is raised within a quarter', () => {
  let raised = 0;
  for (let seed = 1; seed <= 100; seed++) if (alarmIn(decisions(calls(12_000, 0.8, seed)))) raised++;
  // At most 0.6 % within a quarter: 4 in 100 runs are seen in one of three hundred.
  assert.ok(raised < 4, `${raised} of 100`);
});

test('a fall of coverage is an alarm soon after it began, which tells when that was and what is to be expected', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const stream = [...calls(3_000, 0.85, seed), ...calls(2_000, 0.5, seed + 100)];
    const [at, alarm] = alarmIn(decisions(stream))!;
    assert.equal(alarm.kind, 'coverage-fell');
    assert.ok(at > 3_000 && at < 3_200, String(at));
    assert.ok(Math.abs(alarm.since / GAP - 3_000) < 60, `${alarm.since / GAP}`);
    // Sent back, it is measured by what it is now: half of the calls are no alarm any more.
    const again = watchOf(400, { [alarm.kind]: alarm.share });
    assert.equal(alarmIn(decisions(calls(5_000, 0.5, seed + 200)), again), null);
  }
});

test('the answers of one session are one stroke: a long one that is escalated as a whole raises no alarm', () => {
  const seen = decisions([...calls(2_000, 0.85, 1), ...Array<Reason>(100).fill('low-confidence')]);
  const units = seen.map((_, i) => (i < 2_000 ? `s${i}` : 'long'));
  assert.equal(alarmIn(seen, watchOf(), units), null);
  assert.notEqual(alarmIn(seen), null);
});

test('one unfamiliar input that comes again in each session is no sign of new inputs, and is one of coverage that fell', () => {
  const seen = decisions(
    calls(4_000, 0.85, 1).flatMap((each, i) => (i < 2_000 ? [each] : [each, 'unfamiliar-input'])),
  );
  const units = seen.map((_, i) => `s${i}`);
  const repeats = seen.map((each, i) => (each['inputs-unfamiliar'] ? 'the first' : units[i]));
  assert.equal(alarmIn(seen, watchOf(), units, repeats)?.[1].kind, 'coverage-fell');
  assert.equal(alarmIn(seen, watchOf(), units)?.[1].kind, 'inputs-unfamiliar');
});

test('inputs that are all unlike what was learnt raise an alarm within a dozen calls, in any stage', () => {
  for (const before of ['confident', 'shadow', 'canary'] as const) {
    const stream = [...Array<Reason>(500).fill(before), ...Array<Reason>(40).fill('unfamiliar-input')];
    const [at, alarm] = alarmIn(decisions(stream, before === 'confident'), watchOf(250))!;
    assert.deepEqual([alarm.kind, alarm.since], ['inputs-unfamiliar', 500 * GAP]);
    assert.ok(at < 512, String(at));
  }
});

/** Answers at this pace from `from` to `to` hours, with the LLM's other name where `isOther` says so of the hour. */
function renamedAt(
  perHour: number,
  hours: number,
  isOther: (hour: number) => boolean,
): { readonly hour: number; readonly alarm: Alarm } | null {
  let watch = watchOf();
  for (let i = 0; i < hours * perHour; i++) {
    const hour = i / perHour;
    const next = watchCall(watch, { 'llm-renamed': isOther(hour) }, hour * 3_600_000);
    watch = next.watch;
    if (next.alarm !== null) return { hour, alarm: next.alarm };
  }
  return null;
}

test('minutes of another model are no alarm, be they few answers or thousands, across an hour or not', () => {
  for (const perHour of [5, 60, 3_000])
    for (const minutes of [5, 20, 50])
      for (const start of [100.2, 100.9, 40]) {
        const raised = renamedAt(perHour, 120, (hour) => hour >= start && hour < start + minutes / 60);
        assert.equal(raised, null, `${minutes} minutes of ${perHour} an hour`);
      }
});

test('another name for good is an alarm within hours, at any pace, and tells when it began', () => {
  for (const perHour of [1, 5, 60, 3_000])
    for (const start of [0.5, 500.5]) {
      const { hour, alarm } = renamedAt(perHour, start + 12, (each) => each >= start)!;
      assert.equal(alarm.kind, 'llm-renamed');
      assert.ok(hour <= start + 6.5, `${hour} of ${perHour} an hour`);
      assert.ok(alarm.since / 3_600_000 - start < 1, `${alarm.since / 3_600_000}`);
      assert.ok(alarm.hits >= perHour);
    }
});

test('other answers to the same inputs, and less agreement with unsure ones raise alarms', () => {
  for (const kind of ['llm-answers-changed', 'agreement-fell'] as const) {
    const random = seededRandom(5);
    const few: Seen[] = Array.from({ length: 3_000 }, () => ({ [kind]: random.next() < 0.005 }));
    const many: Seen[] = Array.from({ length: 200 }, () => ({ [kind]: random.next() < 0.6 }));
    assert.equal(alarmIn(few), null);
    const [at, alarm] = alarmIn([...few, ...many])!;
    assert.equal(alarm.kind, kind);
    assert.ok(at < 3_060, `${kind}: ${at}`);
  }
});

test('as many unfamiliar inputs as were held back raise no alarm, and more than those do, be they few or many', () => {
  for (const held of [0.001, 0.02, 0.2]) {
    const unfamiliar = rateOf(Math.round(held * 500), 500);
    const evidence = {
      exam: { coverage: rateOf(100, 500) },
      gate: { served: 400, errors: 1 },
      calibration: { curve: [] },
      unfamiliar,
    };
    const start = newChangeWatch({ evidence } as unknown as Specialist, { history: [] });
    const stream = (share: number): Seen[] =>
      decisions(
        calls(6_000, 1 - share, 3, 'unfamiliar-input').map((each) =>
          each === 'confident' ? 'shadow' : each,
        ),
        false,
      );
    assert.equal(alarmIn(stream(held), start), null);
    assert.equal(alarmIn(stream(held + 0.15), start)?.[1].kind, 'inputs-unfamiliar');
    // Earlier evidence tells nothing of it.
    assert.ok(alarmIn(stream(held + 0.15)) !== null);
  }
});

test('what says nothing about the specialist raises no alarm: policy, overload, errors, a caller who asks for the LLM', () => {
  for (const reason of ['policy', 'overload', 'error', 'asked-for', 'no-specialist', 'audit'] as const)
    assert.equal(alarmIn(decisions(Array<Reason>(2_000).fill(reason))), null);
  assert.equal(alarmIn(decisions(Array<Reason>(2_000).fill('canary'), false)), null);
});
