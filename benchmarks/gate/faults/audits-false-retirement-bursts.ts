/** A specialist at exactly its bound of 2 %, errors in bursts of five: how often 10,000 audits retire it. */
import { seededRandom } from '../../../src/core/random.ts';
import { atMost, bursts, type Fault, RUNS, serve, shareOf } from '../lives.ts';

export const what = 'audits: false retirement, errors in bursts of five';

export function simulate(runs = RUNS): Fault {
  const isRetired = (each: number): boolean => serve(bursts(0.02, 5), seededRandom(each), 10_000).retired;
  return atMost(shareOf(runs, isRetired), 0.05, 'share of runs');
}
