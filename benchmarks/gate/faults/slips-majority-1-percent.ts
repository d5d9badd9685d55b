/** An LLM with 5 % of slips, a specialist with 1 % of errors, compared with the LLM’s majority: how often it goes live. */
import { atLeast, goesLiveDespiteSlips, shareOf, type Verdict } from '../lives.ts';

export const name = 'slips of 5 %: live with 1 % served errors, compared with the LLM’s majority';
export const goal = '≥ 0.9 of runs';

export async function run(seed: number, runs = 2000): Promise<Verdict> {
  return atLeast(
    shareOf(runs, seed, (each) => goesLiveDespiteSlips(0.01, 0.05, true, each)),
    0.9,
  );
}
