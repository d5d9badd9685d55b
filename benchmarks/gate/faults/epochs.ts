/** Epochs that begin whenever an error is seen: a window without one is always found, and must not prove anything. */
import { seededRandom } from '../../../src/core/random.ts';
import { deltaOfTry } from '../../../src/stats/spending.ts';
import { callsNeeded, rateOf } from '../../../src/stats/statistics.ts';
import type { Fault } from '../fault.ts';

export const what =
  'A specialist at the bound, whose task begins an epoch at each error, over 25 epochs; it is tried as soon as an epoch has the calls that can prove it: share of runs in which it ever passes.';

const RUNS = 20_000;
const EPOCHS = 25;
const [EPSILON, DELTA] = [0.02, 0.05];

export function simulate(): Fault {
  const { share, low, high } = passes(deltaOfTry);
  // Were epochs free, each would be tested as the first one is.
  const free = passes((delta) => deltaOfTry(delta, 1));
  return {
    value: share,
    goal: 'at most 5 % of runs',
    holds: low <= DELTA,
    detail: { low, high, 'if epochs spent no try': free.share },
  };
}

function passes(level: (delta: number, number: number) => number): ReturnType<typeof rateOf> {
  let hits = 0;
  for (let run = 0; run < RUNS; run++) {
    const random = seededRandom(run);
    for (let epoch = 1; epoch <= EPOCHS; epoch++) {
      // Calls until the next error.
      const calls = Math.floor(Math.log(1 - random.next()) / Math.log1p(-EPSILON));
      if (calls < callsNeeded(0, EPSILON, level(DELTA, epoch))) continue;
      hits++;
      break;
    }
  }
  return rateOf(hits, RUNS);
}
