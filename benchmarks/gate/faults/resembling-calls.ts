/**
 * Calls that resemble one another: one word in 150 decides the answer, and a specialist ignores it. Nearly all texts are the
 * same, so that to leave out near-duplicates would leave out its errors.
 */
import { seededRandom } from '../../../src/core/random.ts';
import type { Fault } from '../fault.ts';
import { DELTA, datasetOf, EPSILON, madeCall, passes, shareOfRuns, wrongShare } from '../made-calls.ts';

export const what = 'one word in 150 decides; a specialist ignores it and errs in 12.7 % of calls, or in 2 %';

const [CALLS, WORDS, ERROR] = [900, 150, 0.127] as const;
const [FEW, RUNS] = [40, 400] as const;
const TEXT = Array.from({ length: WORDS - 2 }, (_, i) => `word${i}`);

export function simulate(): Fault {
  const known = shareOfRuns(FEW, (run) => passes(dataset(ERROR, run), isWrong));
  const atBound = shareOfRuns(RUNS, (run) => passes(dataset(EPSILON, run), isWrong));
  const worst = known.share > atBound.share ? known : atBound;
  const measured = Array.from({ length: FEW }, (_, run) => wrongShare(dataset(ERROR, run), isWrong));
  return {
    value: worst.share,
    goal: 'passes in at most 5 % of runs',
    holds: worst.low <= DELTA && known.hits === 0,
    detail: {
      'true error 12.7 %': known.share,
      'true error 2 %': atBound.share,
      'error measured, true 12.7 %': measured.reduce((a, b) => a + b, 0) / FEW,
    },
  };
}

/** It says yes to everything. */
const isWrong = ({ answer }: { readonly answer: string }): boolean => answer === 'no';

function dataset(error: number, seed: number): ReturnType<typeof datasetOf> {
  const random = seededRandom(seed + 1);
  return datasetOf(
    Array.from({ length: CALLS }, (_, n) => {
      const answer = random.next() < error ? 'no' : 'yes';
      const place = random.below(TEXT.length);
      return madeCall(
        n,
        [...TEXT.slice(0, place), `${answer}sir`, ...TEXT.slice(place), `n${n}`].join(' '),
        answer,
      );
    }),
  );
}
