/** A provider that answers with another model for some minutes now and then: how often that costs a proof, and what is told. */
import { type Random, seededRandom } from '../../../src/core/random.ts';
import type { Specialist } from '../../../src/core/specialist.ts';
import { newChangeWatch, watchCall } from '../../../src/deploy/alarms.ts';
import { detect, detects, HORIZON_MS, newDetector, WORSE_OR_ALWAYS } from '../../../src/stats/sequential.ts';
import { rateOf } from '../../../src/stats/statistics.ts';
import type { Fault } from '../fault.ts';

export const what =
  'A quarter in which the provider answers with another model for 2 to 20 minutes, once a day in the mean, at 5, 60 and 300 answers an hour: share of quarters in which the specialist is sent back; how long another model for good takes to be told.';

const HOUR_MS = 3_600_000;
const HOURS = 91 * 24;
const RUNS = 300;
const PACES = [5, 60, 300] as const;
/** Mean number of fallbacks that begin in an hour. */
const OFTEN = 1 / 24;
/** When the other model stays, in hours. */
const FOR_GOOD = 40 * 24 + 0.5;

interface Answer {
  readonly hour: number;
  readonly isOther: boolean;
}

export function simulate(): Fault {
  const detail: Record<string, number> = {};
  let worst = { share: 0, low: 0 };
  for (const pace of PACES) {
    let [hits, byAnswer] = [0, 0];
    for (let run = 0; run < RUNS; run++) {
      const random = (): Random => seededRandom(run * 17 + pace);
      if (toldAt(quarter(random(), pace)) !== null) hits++;
      // Each answer for itself, as if nothing joined those of a fallback.
      if (pace === 5 && isToldByAnswer(quarter(random(), pace, { isWhole: true }))) byAnswer++;
    }
    const rate = rateOf(hits, RUNS);
    if (rate.share >= worst.share) worst = rate;
    detail[`sentBackAt${pace}`] = rate.share;
    if (pace === 5) detail.eachAnswerForItselfAt5 = byAnswer / RUNS;
    const delays = Array.from({ length: 50 }, (_, run) => {
      const told = toldAt(quarter(seededRandom(run), pace, { forGood: FOR_GOOD }));
      return told === null ? Number.POSITIVE_INFINITY : told - FOR_GOOD;
    }).sort((a, b) => a - b);
    detail[`medianHoursAt${pace}`] = Math.round(delays[25]! * 10) / 10;
  }
  return {
    value: worst.share,
    goal: 'at most 0.6 % of quarters, at the worst pace',
    holds: worst.low <= 0.006,
    detail: { ...detail, runs: RUNS },
  };
}

/** @param options.isWhole Default: of an hour without the other model one answer stands for all, as its share is 0 in any case. */
function* quarter(
  random: Random,
  pace: number,
  { forGood = Number.POSITIVE_INFINITY, isWhole = false } = {},
): Generator<Answer> {
  let spell = { from: Number.NEGATIVE_INFINITY, to: Number.NEGATIVE_INFINITY };
  for (let hour = 0; hour < HOURS; hour++) {
    if (random.next() < OFTEN) {
      const from = hour + random.next();
      spell = { from, to: from + (2 + 18 * random.next()) / 60 };
    }
    const isOther = (at: number): boolean => (at >= spell.from && at < spell.to) || at >= forGood;
    const isMixed = spell.to > hour || hour + 1 > forGood;
    for (let i = 0; i < pace; i++) {
      const at = hour + (i + random.next()) / pace;
      if (isMixed || isWhole || i === 0) yield { hour: at, isOther: isOther(at) };
    }
  }
}

/** When it is told, in hours; null: never. */
function toldAt(answers: Iterable<Answer>): number | null {
  const evidence = {
    exam: { coverage: rateOf(80, 90) },
    gate: { served: 300, errors: 0 },
    calibration: { curve: [] },
  };
  const specialist = { evidence, proved: { models: ['m'] } } as unknown as Specialist;
  let watch = newChangeWatch(specialist, { history: [] });
  for (const { hour, isOther } of answers) {
    const next = watchCall(watch, { 'llm-renamed': isOther }, hour * HOUR_MS);
    watch = next.watch;
    if (next.alarm !== null) return hour;
  }
  return null;
}

function isToldByAnswer(answers: Iterable<Answer>): boolean {
  let detector = newDetector(WORSE_OR_ALWAYS);
  let last = 0;
  for (const { hour, isOther } of answers) {
    const passed = ((hour - last) * HOUR_MS) / HORIZON_MS;
    detector = detect(detector, isOther, { n: 0, errors: 0 }, 0.01, passed, WORSE_OR_ALWAYS);
    if (detects(detector, 0.006)) return true;
    last = hour;
  }
  return false;
}
