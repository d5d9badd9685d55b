/**
 * Trying again: a task is learnt 25 times, and a specialist that is worse than the bound must not pass in any of them.
 * Two ways: the same held-back calls and one more each time, and each time a specialist and calls of their own.
 */
import { seededRandom } from '../../../src/core/random.ts';
import { deltaOfTry } from '../../../src/stats/spending.ts';
import { errorsAllowed, rateOf } from '../../../src/stats/statistics.ts';
import type { Fault } from '../fault.ts';

export const what = 'a task is tried 25 times: one call more each time, or another specialist each time';

const [EPSILON, DELTA, TRIES, RUNS] = [0.02, 0.05, 25, 4_000] as const;
const START = 400;

export function simulate(): Fault {
  const spent = (number: number): number => deltaOfTry(DELTA, number);
  const figures = {
    'one call more, true error 2.2 %': passesOnce(0.022, spent, false),
    'one call more, true error 2 %': passesOnce(EPSILON, spent, false),
    'another specialist, true error 2 %': passesOnce(EPSILON, spent, true),
    'one call more, true error 2.2 %, each at 5 %': passesOnce(0.022, () => DELTA, false),
    'another specialist, true error 2 %, each at 5 %': passesOnce(EPSILON, () => DELTA, true),
  };
  const worst = rateOf(
    RUNS *
      Math.max(
        figures['one call more, true error 2.2 %'],
        figures['one call more, true error 2 %'],
        figures['another specialist, true error 2 %'],
      ),
    RUNS,
  );
  return {
    value: worst.share,
    goal: 'over 25 tries a specialist at the bound passes at least once in at most 5 % of runs',
    holds: worst.low <= DELTA,
    detail: { high: worst.high, ...figures },
  };
}

/** The share of runs in which any of the tries passes. */
function passesOnce(error: number, level: (number: number) => number, afresh: boolean): number {
  const allowed = Array.from({ length: TRIES }, (_, i) => errorsAllowed(START + i, EPSILON, level(i + 1)));
  const random = seededRandom(1);
  const errorsIn = (calls: number): number => {
    let errors = 0;
    for (let i = 0; i < calls; i++) if (random.next() < error) errors++;
    return errors;
  };
  let passed = 0;
  for (let run = 0; run < RUNS; run++) {
    let errors = errorsIn(START);
    for (let i = 0; i < TRIES; i++) {
      if (i > 0) errors = afresh ? errorsIn(START + i) : errors + errorsIn(1);
      if (errors > allowed[i]!) continue;
      passed++;
      break;
    }
  }
  return passed / RUNS;
}
