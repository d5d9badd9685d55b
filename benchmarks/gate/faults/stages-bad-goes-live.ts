/** A specialist with 5 % of served errors, where 2 % are allowed: how often it goes live. */
import { atMost, comeIntoService, type Fault, independent, RUNS, shareOf } from '../lives.ts';

export const what = 'stages: live with 5 % served errors';

export function simulate(runs = RUNS): Fault {
  return atMost(
    shareOf(runs, (each) => comeIntoService(independent(0.05), each).stage === 'live'),
    0.05,
    'share of runs',
  );
}
