/** A specialist at the canary's margin that comes into shadow again and again: how often it ever goes live. */
import { deltaOfTry } from '../../../src/stats/spending.ts';
import type { Fault } from '../fault.ts';
import { atMost, comeIntoService, independent, POLICY, shareOf } from '../lives.ts';

export const what = 'stages: live at least once in 25 stays in shadow, with 4 % served errors';

const RUNS = 500;
const STAYS = 25;

export function simulate(runs = RUNS): Fault {
  const livesIn = (levelOf: (stay: number) => number) => (run: number) =>
    Array.from({ length: STAYS }, (_, i) => i + 1).some((stay) => {
      const policy = { ...POLICY, stageDelta: levelOf(stay) };
      return comeIntoService(independent(0.04), run * STAYS + stay, policy).stage === 'live';
    });
  const spent = shareOf(
    runs,
    livesIn((stay) => deltaOfTry(POLICY.delta, stay)),
  );
  const each = shareOf(
    runs,
    livesIn(() => POLICY.delta),
  );
  return { ...atMost(spent, 0.05, 'share of runs'), detail: { runs, stays: STAYS, eachAtDelta: each } };
}
