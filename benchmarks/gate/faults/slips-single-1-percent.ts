/** An LLM with 5 % of slips, a specialist with 1 % of errors, compared with one answer of the LLM: how often it goes live. */
import { atLeast, type Fault, goesLiveDespiteSlips, RUNS, shareOf } from '../lives.ts';

export const what = 'slips of 5 %: live with 1 % served errors, compared with one answer of the LLM';

export function simulate(runs = RUNS): Fault {
  return atLeast(
    shareOf(runs, (each) => goesLiveDespiteSlips(0.01, 0.05, false, each)),
    0.9,
    'share of runs',
  );
}
