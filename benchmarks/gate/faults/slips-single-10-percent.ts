/** An LLM with 5 % of slips, a specialist with 10 % of errors, compared with one answer of the LLM: how often it goes live. */
import { atMost, goesLiveDespiteSlips, shareOf, type Verdict } from '../lives.ts';

export const name = 'slips of 5 %: live with 10 % served errors, compared with one answer of the LLM';
export const goal = '≤ 0.05 of runs';

export async function run(seed: number, runs = 2000): Promise<Verdict> {
  return atMost(
    shareOf(runs, seed, (each) => goesLiveDespiteSlips(0.1, 0.05, false, each)),
    0.05,
  );
}
