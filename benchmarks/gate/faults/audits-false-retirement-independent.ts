/** A specialist at exactly its bound of 2 %, independent calls: how often 10,000 audits retire it. */
import { seededRandom } from '../../../src/core/random.ts';
import { atMost, independent, serve, shareOf, type Verdict } from '../lives.ts';

export const name = 'audits: false retirement, independent calls';
export const goal = '≤ 0.05 of runs';

export async function run(seed: number, runs = 2000): Promise<Verdict> {
  const isRetired = (each: number): boolean => serve(independent(0.02), seededRandom(each), 10_000).retired;
  return atMost(shareOf(runs, seed, isRetired), 0.05);
}
