/** After 1,000 good audits (1 % of errors) the error jumps to 10 %: how many calls are served until that is found. */
import { seededRandom } from '../../../src/core/random.ts';
import { atMost, independent, median, serve, type Verdict } from '../lives.ts';

export const name = 'audits: served calls until a jump to 10 % is found';
export const goal = 'median ≤ 1000';

export async function run(seed: number, runs = 2000): Promise<Verdict> {
  const calls: number[] = [];
  for (let each = 0; each < runs; each++) {
    const random = seededRandom(seed * 1_000_003 + each);
    const good = serve(independent(0.01), random, 1000);
    // One that was retired before there was anything to find says nothing.
    if (!good.retired) calls.push(serve(independent(0.1), random, 100_000, { watch: good.watch }).calls);
  }
  return atMost(median(calls), 1000);
}
