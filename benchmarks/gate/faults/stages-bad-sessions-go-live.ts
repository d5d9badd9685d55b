/** Sessions of twenty calls, all wrong in 5 % of them and all right in the others: how often the specialist goes live. */
import { atMost, bursts, comeIntoService, type Fault, POLICY, RUNS, shareOf } from '../lives.ts';

export const what = 'stages: live with 5 % served errors, sessions of twenty wrong as a whole';

export function simulate(runs = RUNS): Fault {
  const goesLive = (each: number): boolean =>
    comeIntoService(bursts(0.05, 20), each, POLICY, { most: 3000 }).stage === 'live';
  return atMost(shareOf(runs, goesLive), 0.05, 'share of runs');
}
