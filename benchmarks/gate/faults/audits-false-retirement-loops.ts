/** A specialist at exactly its bound of 2 %, inputs repeated up to twenty times in a row: how often 10,000 audits retire it. */
import { seededRandom } from '../../../src/core/random.ts';
import { atMost, repeatedInputs, serve, shareOf, type Verdict } from '../lives.ts';

export const name = 'audits: false retirement, inputs repeated up to twenty times in a row';
export const goal = '≤ 0.05 of runs';

export async function run(seed: number, runs = 2000): Promise<Verdict> {
  const isRetired = (each: number): boolean =>
    serve(repeatedInputs(0.02, 20), seededRandom(each), 10_000).retired;
  return atMost(shareOf(runs, seed, isRetired), 0.05);
}
