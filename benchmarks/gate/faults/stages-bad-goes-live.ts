/** A specialist with 5 % of served errors, where 2 % are allowed: how often it goes live. */
import { atMost, comeIntoService, independent, shareOf, type Verdict } from '../lives.ts';

export const name = 'stages: live with 5 % served errors';
export const goal = '≤ 0.05 of runs';

export async function run(seed: number, runs = 2000): Promise<Verdict> {
  return atMost(
    shareOf(runs, seed, (each) => comeIntoService(independent(0.05), each).stage === 'live'),
    0.05,
  );
}
