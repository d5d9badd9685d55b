/** Sessions of twenty calls, all wrong in 5 % of them and all right in the others: how often the specialist goes live. */
import { atMost, bursts, comeIntoService, shareOf, type Verdict } from '../lives.ts';

export const name = 'stages: live with 5 % served errors, sessions of twenty wrong as a whole';
export const goal = '≤ 0.05 of runs';

export async function run(seed: number, runs = 2000): Promise<Verdict> {
  const goesLive = (each: number): boolean => comeIntoService(bursts(0.05, 20), each).stage === 'live';
  return atMost(shareOf(runs, seed, goesLive), 0.05);
}
