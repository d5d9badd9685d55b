/** An LLM with 5 % of slips, a specialist with 10 % of errors, compared with the LLM’s majority: how often it goes live. */
import { atMost, type Fault, goesLiveDespiteSlips, RUNS, shareOf } from '../lives.ts';

export const what = 'slips of 5 %: live with 10 % served errors, compared with the LLM’s majority';

export function simulate(runs = RUNS): Fault {
  return atMost(
    shareOf(runs, (each) => goesLiveDespiteSlips(0.1, 0.05, true, each)),
    0.05,
    'share of runs',
  );
}
