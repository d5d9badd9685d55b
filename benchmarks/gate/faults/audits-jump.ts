/** After 1,000 good audits (1 % of errors) the error jumps to 10 %: how many calls are served until that is found. */
import { seededRandom } from '../../../src/core/random.ts';
import { atMost, type Fault, independent, median, RUNS, serve } from '../lives.ts';

export const what = 'audits: served calls until a jump to 10 % is found';

export function simulate(runs = RUNS): Fault {
  const calls: number[] = [];
  for (let each = 0; each < runs; each++) {
    const random = seededRandom(each);
    const good = serve(independent(0.01), random, 1000);
    // One that was retired before there was anything to find says nothing.
    if (!good.retired) calls.push(serve(independent(0.1), random, 100_000, { watch: good.watch }).calls);
  }
  return atMost(median(calls), 1000, 'median of served calls');
}
