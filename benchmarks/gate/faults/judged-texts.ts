/**
 * A judge with errors of its own: it favours a place, overlooks worse answers of one kind (the kind that the specialist gives)
 * and finds fault with good ones. It is measured anew on known pairs in each run, and a specialist that is worse by a little
 * more than the bound must not pass. Beside it: what the same verdicts would let pass if they were taken as they are.
 */

import { rateOf } from '../../../src/stats/statistics.ts';
import { type MadeJudge, type MadeTask, passShare } from '../../../test/support/judged-runs.ts';
import type { Fault } from '../fault.ts';

export const what = 'a specialist at the bound, by judges that favour a place, overlook and find fault';

const RUNS = 1_000;
const SPOILT = 60;
/** A little above the bound. */
const AT_BOUND = 0.0201;

const JUDGES: Readonly<Record<string, MadeJudge>> = {
  'without an error': { favoursFirst: 0, sees: [1, 1, 1, 1], findsFault: 0 },
  'a good one': { favoursFirst: 0.05, sees: [0.99, 0.97, 0.92, 0.95], findsFault: 0.005 },
  'overlooks half of one kind': { favoursFirst: 0, sees: [1, 1, 0.5, 1], findsFault: 0 },
  'favours a place in 40 %': { favoursFirst: 0.4, sees: [0.99, 0.97, 0.9, 0.95], findsFault: 0.01 },
  'finds fault with 3 %': { favoursFirst: 0.05, sees: [0.99, 0.97, 0.92, 0.95], findsFault: 0.03 },
};
const TASKS: Readonly<Record<string, Omit<MadeTask, 'worse'>>> = {
  'independent calls': { session: 1, calls: 1_500, spoilt: SPOILT },
  'sessions of 5': { session: 5, calls: 3_000, spoilt: SPOILT },
};

export function simulate(): Fault {
  const shares: Record<string, number> = {};
  const good: Record<string, number> = {};
  for (const [name, judge] of Object.entries(JUDGES))
    for (const [kind, task] of Object.entries(TASKS)) {
      shares[`${name}, ${kind}`] = passShare(judge, { ...task, worse: AT_BOUND }, RUNS);
      good[`${name}, ${kind}, a quarter of the bound`] = passShare(
        judge,
        { ...task, worse: AT_BOUND / 4 },
        200,
      );
    }
  const naive = passShare(
    JUDGES['overlooks half of one kind']!,
    { ...TASKS['independent calls']!, worse: AT_BOUND },
    RUNS,
    { isNaive: true },
  );
  const worst = Math.max(...Object.values(shares));
  const { low, high } = rateOf(Math.round(worst * RUNS), RUNS);
  return {
    value: worst,
    goal: 'at most 5 % of runs pass',
    holds: low <= 0.05,
    detail: { high, ...shares, ...good, 'overlooks half of one kind, taken as it is': naive },
  };
}
