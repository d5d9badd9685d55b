/** A specialist with 1 % of served errors, where 2 % are allowed: how often it goes live. */
import { atLeast, comeIntoService, type Fault, independent, RUNS, shareOf } from '../lives.ts';

export const what = 'stages: live with 1 % served errors';

export function simulate(runs = RUNS): Fault {
  return atLeast(
    shareOf(runs, (each) => comeIntoService(independent(0.01), each).stage === 'live'),
    0.9,
    'share of runs',
  );
}
