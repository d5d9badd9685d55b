/**
 * Repeated inputs on which the LLM varies: 60 % of the calls have one of a few inputs, and the LLM answers a quarter of those
 * otherwise than usual. A specialist that always says the usual disagrees in 15 % of the traffic, which must be what is
 * measured; and one that disagrees in 2 % must not pass.
 */
import { seededRandom } from '../../../src/core/random.ts';
import type { Fault } from '../fault.ts';
import { DELTA, datasetOf, EPSILON, madeCall, passes, shareOfRuns, wrongShare } from '../made-calls.ts';

export const what =
  '60 % of the calls repeat an input, and the LLM answers a quarter of those otherwise than usual';

const [CALLS, REPEATED, VARIES, INPUTS] = [900, 0.6, 0.25, 20] as const;
const [FEW, RUNS] = [100, 400] as const;

export function simulate(): Fault {
  const truth = REPEATED * VARIES;
  const shares = Array.from({ length: FEW }, (_, run) => wrongShare(dataset(VARIES, run), isWrong));
  const measured = shares.reduce((a, b) => a + b, 0) / FEW;
  const known = shareOfRuns(FEW, (run) => passes(dataset(VARIES, run), isWrong));
  const atBound = shareOfRuns(RUNS, (run) => passes(dataset(EPSILON / REPEATED, run), isWrong));
  return {
    value: measured,
    goal: `the mean rate measured is the traffic's, ${truth * 100} %, within half a percent; passes at the bound in at most 5 % of runs`,
    holds: Math.abs(measured - truth) < 0.005 && known.hits === 0 && atBound.low <= DELTA,
    detail: { 'passes, true error 15 %': known.share, 'passes, true error 2 %': atBound.share },
  };
}

const isWrong = ({ answer }: { readonly answer: string }): boolean => answer === 'no';

function dataset(varies: number, seed: number): ReturnType<typeof datasetOf> {
  const random = seededRandom(seed + 1);
  return datasetOf(
    Array.from({ length: CALLS }, (_, n) => {
      const isRepeat = random.next() < REPEATED;
      const input = isRepeat
        ? `one of the usual questions, number ${random.below(INPUTS)}`
        : `a question of its own ${n}`;
      return madeCall(n, input, isRepeat && random.next() < varies ? 'no' : 'yes');
    }),
  );
}
