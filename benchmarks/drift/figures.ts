/** What quarters come to: served error by week, detection of each change, false retirements, money. Pure. */
import type { Deployment } from '../../src/core/deployment.ts';
import type { Event } from '../../src/core/store.ts';
import { ALARMS } from '../../src/deploy/alarms.ts';
import { isRolledBack } from '../../src/deploy/stages.ts';
import { binomialTail } from '../../src/stats/statistics.ts';
import { EPSILON, type Played, type Quarter } from './quarter.ts';
import { CHANGES, type Change, DAY_MS, DAYS, START } from './world.ts';

/** Fewer served calls say nothing of a week. */
const MIN_SERVED = 30;
/** A week counts as broken where its errors would be rarer than this at epsilon. */
const BROKEN = 0.05;
/** What comes later is no answer to a change. */
const ANSWER_MS = 14 * DAY_MS;
const WEEKS = Math.floor(DAYS / 7);

export interface Week {
  readonly calls: number;
  readonly served: number;
  readonly wrong: number;
}

/** The weeks of a quarter; the last, shorter one is left out. */
export function weeksOf({ played }: Quarter): Week[] {
  const weeks = Array.from({ length: WEEKS }, () => ({ calls: 0, served: 0, wrong: 0 }));
  for (const { at, deployment, wrong } of played) {
    const week = weeks[Math.floor((at - START) / DAY_MS / 7)];
    if (week === undefined) continue;
    week.calls++;
    if (deployment !== null) week.served++;
    if (wrong) week.wrong++;
  }
  return weeks;
}

/** What a change brought about in one quarter; null where no specialist was live when it came. */
export interface Answered {
  /** Calls from the change to the first answer to it; null where none came within two weeks. */
  readonly calls: number | null;
  readonly by: 'retired' | 'suspended' | 'alarm' | null;
  /** Share of wrong answers among those served in the two weeks before and after it. */
  readonly before: Week;
  readonly after: Week;
}

export function answersTo(quarter: Quarter, change: Change): Answered | null {
  const at = quarter.world.changes.get(change)!;
  if (!quarter.deployments.some((each) => stageAt(each, at) === 'live')) return null;
  const found = quarter.events.find(
    (event) => event.at >= at && event.at < at + ANSWER_MS && answerOf(event) !== null,
  );
  return {
    calls: found ? quarter.played.filter((each) => each.at >= at && each.at < found.at).length : null,
    by: found ? answerOf(found) : null,
    before: sumOf(quarter.played, at - ANSWER_MS, at),
    after: sumOf(quarter.played, at, at + ANSWER_MS),
  };
}

function answerOf({ kind, detail }: Event): Answered['by'] {
  if (ALARMS.some((each) => each === kind)) return 'alarm';
  if (kind !== 'deployment-moved' || String(detail.reason).startsWith('replaced')) return null;
  if (detail.to === 'shadow') return 'alarm';
  return detail.to === 'retired' || detail.to === 'suspended' ? detail.to : null;
}

const sumOf = (played: readonly Played[], from: number, to: number): Week => {
  const within = played.filter(({ at }) => at >= from && at < to);
  return {
    calls: within.length,
    served: within.filter(({ deployment }) => deployment !== null).length,
    wrong: within.filter(({ wrong }) => wrong).length,
  };
};

function stageAt({ history }: Deployment, at: number): string | null {
  return history.findLast((change) => change.at <= at)?.stage ?? null;
}

/** Deployments that came to be live, and those of them that audits took out of service within their bound. */
export function retirements({ deployments, played, world }: Quarter): {
  readonly live: number;
  readonly false: number;
} {
  const live = deployments.filter(({ history }) => history.some(({ stage }) => stage === 'live'));
  const wronged = live.filter((each) => {
    const end = each.history.at(-1)!;
    // A task that has changed is no verdict on its specialist.
    if (!isRolledBack(each) || each.stage === 'suspended' || end.numbers === undefined) return false;
    const since = Math.max(each.history[0]!.at, ...[...world.changes.values()].filter((at) => at < end.at));
    const served = played.filter(({ deployment, at }) => deployment === each.id && at >= since);
    return served.length > 0 && served.filter(({ wrong }) => wrong).length <= EPSILON * served.length;
  });
  return { live: live.length, false: wronged.length };
}

/** Alarms and retirements before anything had changed. */
export function falseAlarms({ events, world }: Quarter): number {
  const first = Math.min(...world.changes.values());
  return events.filter((event) => event.at < first && answerOf(event) !== null).length;
}

export function summarise(quarters: readonly Quarter[]) {
  const weeks = quarters.flatMap(weeksOf).filter(({ served }) => served >= MIN_SERVED);
  const errors = weeks.map(({ wrong, served }) => wrong / served);
  const isBroken = ({ served, wrong }: Week): boolean =>
    1 - binomialTail(wrong - 1, served, EPSILON) < BROKEN;
  const answers = quarters.flatMap((quarter) =>
    CHANGES.flatMap((change) => (isHarmful(change) ? (answersTo(quarter, change) ?? []) : [])),
  );
  const retired = quarters.map(retirements);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const lives = sum(retired.map(({ live }) => live));
  const whole = sum(quarters.map(({ savings: { total } }) => total.avoided + total.llm));
  const all = quarters.flatMap(weeksOf);
  return {
    seeds: quarters.length,
    calls: sum(quarters.map(({ played }) => played.length)),
    coverage: sum(all.map(({ served }) => served)) / sum(all.map(({ calls }) => calls)),
    servedError: sum(weeks.map(({ wrong }) => wrong)) / Math.max(1, sum(weeks.map(({ served }) => served))),
    servedErrorP95: quantile(errors, 0.95),
    boundBrokenShare: weeks.filter(isBroken).length / Math.max(1, weeks.length),
    medianDetectionCalls: quantile(
      answers.map(({ calls }) => calls ?? Number.POSITIVE_INFINITY),
      0.5,
    ),
    undetectedShare: answers.filter(({ calls }) => calls === null).length / Math.max(1, answers.length),
    falseRetirementShare: sum(retired.map((each) => each.false)) / Math.max(1, lives),
    falseAlarmsPerQuarter: sum(quarters.map(falseAlarms)) / quarters.length,
    liveDeployments: lives,
    learningRuns: sum(quarters.map(({ jobs }) => jobs.length)) / quarters.length,
    savedShare: sum(quarters.map(({ savings }) => savings.total.net)) / whole,
  };
}

/** Changes that make a specialist's answers wrong, or its inputs unlike those it learnt from. */
export const isHarmful = (change: Change): boolean =>
  change !== 'volume doubles' && change !== 'junk feedback';

/** The value below which that share of them lies; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}
