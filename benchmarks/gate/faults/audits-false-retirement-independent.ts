/** A specialist at exactly its bound of 2 %, independent calls: how often 10,000 audits retire it. */
import { seededRandom } from '../../../src/core/random.ts';
import { atMost, type Fault, independent, RUNS, serve, shareOf } from '../lives.ts';

export const what = 'audits: false retirement, independent calls';

export function simulate(runs = RUNS): Fault {
  const isRetired = (each: number): boolean => serve(independent(0.02), seededRandom(each), 10_000).retired;
  return atMost(shareOf(runs, isRetired), 0.05, 'share of runs');
}
