/** A specialist at exactly its bound of 2 %, inputs repeated up to twenty times in a row: how often 10,000 audits retire it. */
import { seededRandom } from '../../../src/core/random.ts';
import { atMost, type Fault, RUNS, repeatedInputs, serve, shareOf } from '../lives.ts';

export const what = 'audits: false retirement, inputs repeated up to twenty times in a row';

export function simulate(runs = RUNS): Fault {
  const isRetired = (each: number): boolean =>
    serve(repeatedInputs(0.02, 20), seededRandom(each), 10_000).retired;
  return atMost(shareOf(runs, isRetired), 0.05, 'share of runs');
}
