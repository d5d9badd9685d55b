/**
 * From the logs of the two halves of the day to the demo's report: what was taken over, and how much of it was
 * wrong by the mailbox's truth, which nothing else in the program ever sees.
 * Does not: run anything (run.ts) or show anything (report/).
 */

import { adjustedRandIndex } from '../../../src/cluster/ari.ts';
import type { EscalationReason, LlmReason, Usage } from '../../../src/core/call.ts';
import type { DemoReport, DemoTask, LatencyMs, PriceUsed } from '../../../src/core/demo-report.ts';
import type { Deployment } from '../../../src/core/deployment.ts';
import type { LearnReport } from '../../../src/core/learning.ts';
import type { Rate } from '../../../src/core/specialist.ts';
import { cost } from '../../../src/savings/prices.ts';
import { rateOf } from '../../../src/stats/statistics.ts';
import type { CallRecord } from '../agent.ts';
import { callSites } from '../agent.ts';
import { isRight } from '../judge.ts';
import type { Work } from '../mailbox/mail.ts';
import type { SiteName } from '../prompts.ts';
import type { SiteStats } from '../stand-in.ts';

/** A call as the store has it: what the agent's log does not tell. */
export interface CallFacts {
  /** Name of the task it belongs to; null where it fits none. */
  readonly taskId: string | null;
  readonly usage: Usage | null;
}

export interface DayFacts {
  readonly morning: readonly CallRecord[];
  readonly afternoon: readonly CallRecord[];
  readonly works: ReadonlyMap<string, Work>;
  /** By call id. */
  readonly calls: ReadonlyMap<string, CallFacts>;
  readonly learn: LearnReport;
  readonly deployments: readonly Deployment[];
  /** Answers of specialists in the afternoon that the LLM was asked about too, and shadow comparisons, by task id. */
  readonly extraLlmCalls: ReadonlyMap<string, number>;
  /** Questions asked again while learning, by task id. */
  readonly askedAgain: ReadonlyMap<string, number>;
  readonly price: PriceUsed | null;
  /** Of the stand-in, which waits for a share of the time an LLM would take; null for a real LLM. */
  readonly simulated: {
    readonly stats: Partial<Record<SiteName, SiteStats>>;
    readonly timeScale: number;
  } | null;
}

type Figures = Pick<
  DemoReport,
  | 'clusterAri'
  | 'tasksFound'
  | 'secondHalf'
  | 'costBefore'
  | 'costAfter'
  | 'costLearning'
  | 'latencyBefore'
  | 'latencyAfter'
>;

export function figuresOf(facts: DayFacts): Figures {
  const taskOf = (record: CallRecord): string | null => facts.calls.get(record.callId ?? '')?.taskId ?? null;
  const names = new Map(facts.learn.tasks.map(({ task }) => [task.id, task.name]));
  const nameOf = (taskId: string | null): string =>
    taskId === null ? 'no task' : (names.get(taskId) ?? taskId);

  const found = Map.groupBy(facts.morning, taskOf);
  const tasksFound = [...found].map(([taskId, records]) => ({
    task: nameOf(taskId),
    callsBySite: countBy(records, (record) => record.site),
  }));
  const clusterAri = adjustedRandIndex(
    facts.morning.map((record) => record.site),
    facts.morning.map((record) => taskOf(record) ?? record.callId ?? ''),
  );

  const tasks = callSites.map(({ name }) => {
    const morning = facts.morning.filter((record) => record.site === name);
    const afternoon = facts.afternoon.filter((record) => record.site === name);
    return siteFigures(name, morning, afternoon, facts, taskOf, nameOf);
  });
  const served = facts.afternoon.filter(bySpecialist);
  const meanCost = new Map(callSites.map(({ name }) => [name, siteCost(name, facts)]));
  const sumCost = (records: readonly CallRecord[]): number =>
    records.reduce((sum, record) => sum + (meanCost.get(record.site) ?? 0), 0);
  const taskCost = (counts: ReadonlyMap<string, number>): number => {
    let sum = 0;
    for (const [taskId, count] of counts) {
      const site = tasks.find((task) => task.taskId === taskId)?.site as SiteName | undefined;
      sum += count * (site === undefined ? 0 : (meanCost.get(site) ?? 0));
    }
    return sum;
  };
  return {
    clusterAri,
    tasksFound,
    secondHalf: {
      calls: facts.afternoon.length,
      takenOver: rateOf(served.length, facts.afternoon.length),
      servedErrors: errorsOf(served, facts.works),
      llmReasons: countBy(
        facts.afternoon.filter((record) => !bySpecialist(record)),
        (record) => (record.reason ?? 'no-specialist') as LlmReason,
      ),
      tasks,
    },
    costBefore: sumCost(facts.afternoon),
    costAfter:
      sumCost(facts.afternoon.filter((record) => !bySpecialist(record))) + taskCost(facts.extraLlmCalls),
    costLearning: taskCost(facts.askedAgain),
    latencyBefore: latency(facts.morning, facts),
    latencyAfter: latency(facts.afternoon, facts),
  };
}

function siteFigures(
  site: SiteName,
  morning: readonly CallRecord[],
  afternoon: readonly CallRecord[],
  facts: DayFacts,
  taskOf: (record: CallRecord) => string | null,
  nameOf: (taskId: string | null) => string,
): DemoTask {
  const taskId = mostFrequent(morning.map(taskOf));
  const report = facts.learn.tasks.find(({ task }) => task.id === taskId);
  const deployment = facts.deployments.find((each) => each.taskId === taskId);
  const served = afternoon.filter(bySpecialist);
  const byLlm = afternoon.filter((record) => !bySpecialist(record));
  return {
    task: taskId === null ? site : nameOf(taskId),
    taskId,
    site,
    method: deployment ? (report?.specialist?.artefact.rung ?? null) : null,
    stage: deployment?.stage ?? null,
    calls: afternoon.length,
    served: served.length,
    coverage: rateOf(served.length, afternoon.length),
    errorBound: deployment ? (report?.specialist?.evidence.gate.epsilon ?? null) : null,
    trueErrors: errorsOf(served, facts.works),
    llmErrors: errorsOf([...morning, ...byLlm], facts.works),
    escalations: countBy(
      byLlm.filter((record) => ESCALATIONS.has(record.reason ?? '')),
      (record) => record.reason as EscalationReason,
    ),
    latencyBefore: latency(morning, facts),
    latencyAfter: latency(afternoon, facts),
    history: deployment?.history ?? [],
  };
}

const ESCALATIONS: ReadonlySet<string> = new Set<EscalationReason>([
  'low-confidence',
  'invalid-output',
  'unfamiliar-input',
  'policy',
  'session-limit',
  'overload',
  'error',
]);

const bySpecialist = (record: CallRecord): boolean => record.servedBy !== null && record.servedBy !== 'llm';

/** Wrong answers among the records that can be judged. */
function errorsOf(records: readonly CallRecord[], works: ReadonlyMap<string, Work>): Rate {
  let judged = 0;
  let wrong = 0;
  for (const record of records) {
    const work = works.get(record.workId);
    const right = work === undefined ? null : isRight(record.site, work, record.output);
    if (right === null) continue;
    judged++;
    if (!right) wrong++;
  }
  return rateOf(wrong, judged);
}

/** Dollars that the LLM takes for one call of this site: the mean over the morning, when it answered all of them. */
function siteCost(site: SiteName, facts: DayFacts): number {
  if (facts.price === null) return 0;
  let sum = 0;
  let n = 0;
  for (const record of facts.morning) {
    const usage = record.site === site ? facts.calls.get(record.callId ?? '')?.usage : null;
    if (!usage) continue;
    sum += cost(usage, facts.price);
    n++;
  }
  return n === 0 ? 0 : sum / n;
}

/**
 * What the agent waited, milliseconds. The stand-in waits only a share of the time that an LLM takes, so for calls
 * it answered the rest of its site's median time is added.
 */
function latency(records: readonly CallRecord[], { simulated }: DayFacts): LatencyMs {
  const ms = records
    .map((record) => {
      if (bySpecialist(record) || !simulated) return record.ms;
      return record.ms + (1 - simulated.timeScale) * (simulated.stats[record.site]?.simulatedMs.p50 ?? 0);
    })
    .sort((a, b) => a - b);
  const at = (share: number): number => ms[Math.min(ms.length - 1, Math.floor(ms.length * share))] ?? 0;
  return { p50: at(0.5), p95: at(0.95) };
}

function countBy<T, K extends string>(items: readonly T[], key: (item: T) => K): Record<K, number> {
  const counts = {} as Record<K, number>;
  for (const item of items) counts[key(item)] = (counts[key(item)] ?? 0) + 1;
  return counts;
}

function mostFrequent(values: readonly (string | null)[]): string | null {
  const counts = Map.groupBy(values, (value) => value);
  return [...counts].sort((a, b) => b[1].length - a[1].length)[0]?.[0] ?? null;
}
