/** A specialist with 1 % of served errors: how many comparisons it takes until it is live. */
import { atMost, comeIntoService, type Fault, independent, median, RUNS } from '../lives.ts';

export const what = 'stages: comparisons until live with 1 % served errors';

export function simulate(runs = RUNS): Fault {
  const counts: number[] = [];
  for (let each = 0; each < runs; each++) {
    const { stage, comparisons } = comeIntoService(independent(0.01), each);
    counts.push(stage === 'live' ? comparisons : Number.POSITIVE_INFINITY);
  }
  return atMost(median(counts), 400, 'median of comparisons');
}
