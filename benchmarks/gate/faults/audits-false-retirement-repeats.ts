/** A specialist at exactly its bound of 2 %, two hundred inputs that come again and again: how often 10,000 audits retire it. */
import { seededRandom } from '../../../src/core/random.ts';
import { atMost, type Fault, fewInputs, RUNS, serve, shareOf } from '../lives.ts';

export const what = 'audits: false retirement, two hundred inputs that come again and again';

export function simulate(runs = RUNS): Fault {
  const isRetired = (each: number): boolean => serve(fewInputs(200, 4), seededRandom(each), 10_000).retired;
  return atMost(shareOf(runs, isRetired), 0.05, 'share of runs');
}
