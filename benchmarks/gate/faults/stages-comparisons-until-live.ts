/** A specialist with 1 % of served errors: how many comparisons it takes until it is live. */
import { atMost, comeIntoService, independent, median, type Verdict } from '../lives.ts';

export const name = 'stages: comparisons until live with 1 % served errors';
export const goal = 'median ≤ 400';

export async function run(seed: number, runs = 2000): Promise<Verdict> {
  const counts: number[] = [];
  for (let each = 0; each < runs; each++) {
    const { stage, comparisons } = comeIntoService(independent(0.01), seed * 1_000_003 + each);
    counts.push(stage === 'live' ? comparisons : Number.POSITIVE_INFINITY);
  }
  return atMost(median(counts), 400);
}
