/** A specialist with 1 % of served errors, where 2 % are allowed: how often it goes live. */
import { atLeast, comeIntoService, independent, shareOf, type Verdict } from '../lives.ts';

export const name = 'stages: live with 1 % served errors';
export const goal = '≥ 0.9 of runs';

export async function run(seed: number, runs = 2000): Promise<Verdict> {
  return atLeast(
    shareOf(runs, seed, (each) => comeIntoService(independent(0.01), each).stage === 'live'),
    0.9,
  );
}
