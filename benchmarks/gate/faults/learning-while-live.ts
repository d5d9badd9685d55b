/**
 * Learning while live: a specialist serves 70 % of the traffic, and of those calls only the audited ones are on record,
 * in the first half of the time one in two, then one in five. Its replacement is wrong on all of that kind, or just so often
 * that its error over the traffic is at the bound: on calls that are served now, or on the others.
 */
import { AUDITED, type Call } from '../../../src/core/call.ts';
import { seededRandom } from '../../../src/core/random.ts';
import type { Fault } from '../fault.ts';
import { DELTA, datasetOf, EPSILON, madeCall, passes, shareOfRuns } from '../made-calls.ts';

export const what =
  'most calls are served and on record for their audits alone; a replacement is wrong on that kind, or at the bound';

const [CALLS, SERVED] = [3_000, 0.7] as const;
const [FEW, RUNS] = [60, 400] as const;

interface Mistakes {
  /** The share that is wrong of the kind that is served now, and of the other. */
  readonly served: number;
  readonly others: number;
}

export function simulate(): Fault {
  const chance = (mistakes: Mistakes, runs: number, audits = true) =>
    shareOfRuns(runs, (run) => passesWith(mistakes, audits, run));
  const allWrong = chance({ served: 1, others: 0 }, FEW);
  const onServed = chance({ served: EPSILON / SERVED, others: 0 }, RUNS);
  const onOthers = chance({ served: 0, others: EPSILON / (1 - SERVED) }, RUNS);
  const worst = [allWrong, onServed, onOthers].reduce((a, b) => (a.share > b.share ? a : b));
  return {
    value: worst.share,
    goal: 'passes in at most 5 % of runs',
    holds: worst.low <= DELTA && allWrong.hits === 0,
    detail: {
      'wrong on all that is served now': allWrong.share,
      'at the bound, wrong on what is served now': onServed.share,
      'at the bound, wrong on the others': onOthers.share,
      'without the audits: wrong on all that is served now': chance({ served: 1, others: 0 }, FEW, false)
        .share,
    },
  };
}

function passesWith({ served, others }: Mistakes, audits: boolean, seed: number): boolean {
  const random = seededRandom(seed + 1);
  const calls: Call[] = [];
  for (let n = 0; n < CALLS; n++) {
    const isServed = random.next() < SERVED;
    const isWrong = random.next() < (isServed ? served : others);
    const input = `${isServed ? 'served' : 'other'} ${isWrong ? 'wrong' : 'right'} ${n}`;
    if (!isServed) calls.push(madeCall(n, input, 'yes'));
    const probability = n < CALLS / 2 ? 0.5 : 0.2;
    if (isServed && audits && random.next() < probability) {
      const served = { by: 'llm', reason: 'audit' } as const;
      calls.push(madeCall(n, input, 'yes', { served, tags: { [AUDITED]: String(probability) } }));
    }
  }
  return passes(datasetOf(calls), ({ input }) => input.includes('wrong'));
}
