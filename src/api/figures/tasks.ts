/** The tasks as a list, and one of them with its evidence. */

import { type Deployment, isInService } from '../../core/deployment.ts';
import { UnderstudyError } from '../../core/errors.ts';
import type { CallSum, UnusedAnswers } from '../../core/figures.ts';
import type { StoppedTask } from '../../core/job.ts';
import type { Specialist } from '../../core/specialist.ts';
import type { LearningStore } from '../../core/store.ts';
import type { Task } from '../../core/task.ts';
import { coverageOf } from '../../deploy/alarms.ts';
import { type Outlook, outlookOf } from '../../deploy/stages.ts';
import type { ErrorShare } from '../schemas/common.ts';
import type { TaskDetail, TaskList, TaskRow } from '../schemas/tasks.ts';
import type { Booked } from './audit-book.ts';
import { errorShareOf, NO_AUDITS } from './error-share.ts';
import { type Priced, type PricedSum, priced, total } from './money.ts';
import { bucketsOf, type FigureSources, type Range } from './sources.ts';
import { callSiteView, decisionsOn } from './task-decisions.ts';
import { candidateView, currentOf, deploymentView, specialistView } from './views.ts';
import { whyOf } from './why.ts';

/** Calls that "lately" is about. */
const LATELY = 500;
/** Mistakes that are listed. */
const MAX_MISTAKES = 50;

/** What a task's figures are made of. */
export interface TaskRecord {
  readonly task: Task;
  readonly deployment: Deployment | null;
  /** What waits for a person's approval. */
  readonly proposal: Deployment | null;
  readonly stopped: StoppedTask | null;
  /** The one that is deployed, else the newest. */
  readonly specialist: Specialist | null;
  /** Null where nothing has been deployed. */
  readonly booked: Booked | null;
  readonly error: ErrorShare;
  readonly reasons: ReadonlyMap<string, number>;
  readonly unused: readonly UnusedAnswers[];
}

export async function taskRecords(
  sources: Pick<FigureSources, 'store' | 'audits'>,
  since: number,
): Promise<readonly TaskRecord[]> {
  const { store } = sources;
  const [tasks, deployments, specialists] = [
    await store.tasks(),
    await store.deployments(),
    await store.specialists(),
  ];
  const stopped = await store.stoppedTasks();
  const unused = await store.unused();
  const records: TaskRecord[] = [];
  for (const task of tasks) {
    const own = specialists.filter(({ taskId }) => taskId === task.id);
    const deployment = currentOf(deployments, task.id) ?? null;
    const proposal =
      deployments.findLast(({ taskId, stage }) => taskId === task.id && stage === 'proposed') ?? null;
    const deployed = own.find(({ id }) => id === deployment?.specialistId);
    const specialist = deployed ?? own.at(-1) ?? null;
    const booked = deployment && deployed ? await sources.audits.of(deployment, deployed) : null;
    records.push({
      task,
      deployment,
      proposal,
      specialist,
      booked,
      stopped: stopped.find(({ taskId }) => taskId === task.id) ?? null,
      error: booked ? errorShareOf(booked.audits, booked.policy.epsilon, since) : NO_AUDITS,
      reasons: await store.countReasons(task.id, LATELY),
      unused: unused.filter(({ deploymentId }) => deploymentId === deployment?.id),
    });
  }
  return records;
}

/** The calls that were added up, with their cost. */
export async function pricedSums(
  { store, models, priceOf }: FigureSources,
  range: Range,
  taskId?: string,
): Promise<Priced> {
  const sums: readonly CallSum[] = await store.callSums({
    ...range,
    ...(taskId === undefined ? {} : { taskId }),
  });
  return priced(sums, await models.of(sums.map(({ aboutPart }) => aboutPart)), priceOf);
}

export async function taskList(sources: FigureSources, range: Range): Promise<TaskList> {
  const { sums } = await pricedSums(sources, range);
  const rows: TaskRow[] = [];
  for (const record of await taskRecords(sources, range.since)) {
    const own = sums.filter(({ taskId }) => taskId === record.task.id);
    rows.push(await rowOf(sources, record, own, range));
  }
  rows.sort((a, b) => b.calls - a.calls || b.allCalls - a.allCalls);
  return { range, tasks: rows };
}

export async function rowOf(
  { store }: FigureSources,
  record: TaskRecord,
  sums: readonly PricedSum[],
  range: Range,
): Promise<TaskRow> {
  const { task, deployment, stopped, specialist, error, reasons } = record;
  const counted = countsOf(sums);
  const { avoided, audits } = total(sums);
  const lately = latelyOf(reasons);
  const spark = new Map(bucketsOf(range).map((at) => [at, { at, calls: 0, served: 0 }]));
  for (const { at, reason, calls } of sums) {
    const point = spark.get(at);
    if (!point || reason === 'audit') continue;
    point.calls += calls;
    if (reason === 'confident') point.served += calls;
  }
  return {
    id: task.id,
    name: task.name,
    kind: task.kind,
    ...counted,
    allCalls: task.calls,
    saved: avoided - audits,
    rung: specialist?.artefact.rung ?? null,
    stage: deployment?.stage ?? null,
    promised: deployment && specialist ? specialist.evidence.exam.coverage.share : null,
    coverage: deployment?.stage === 'live' && lately.calls > 0 ? lately.served / lately.calls : null,
    servedError: error,
    isStopped: stopped !== null,
    isExcluded: task.excluded !== undefined,
    why: await whyOfRecord(store, record),
    spark: [...spark.values()],
  };
}

/** Why a task stands where it does, in a sentence. */
export async function whyOfRecord(
  store: Pick<LearningStore, 'verdicts'>,
  record: TaskRecord,
): Promise<string> {
  const { task, stopped, deployment, specialist, unused, reasons } = record;
  const verdicts = await store.verdicts(task.id);
  const lately = latelyOf(reasons);
  return whyOf({
    excluded: task.excluded ?? null,
    stopped,
    deployment,
    specialist,
    verdicts,
    unused,
    lately,
    outlook: outlookOfRecord(record),
  });
}

function outlookOfRecord({ deployment, booked }: TaskRecord): Outlook | null {
  return deployment && booked && isInService(deployment.stage)
    ? outlookOf(deployment, booked.watch, booked.policy)
    : null;
}

/** Calls of agents, those served and those escalated. */
export function countsOf(sums: readonly CallSum[]): { calls: number; served: number; escalated: number } {
  const counts = { calls: 0, served: 0, escalated: 0 };
  for (const { reason, calls } of sums) {
    if (reason === 'audit') continue;
    counts.calls += calls;
    const outcome = coverageOf({ reason });
    if (outcome === 'served') counts.served += calls;
    if (outcome === 'escalated' || outcome === 'unfamiliar') counts.escalated += calls;
  }
  return counts;
}

function latelyOf(reasons: ReadonlyMap<string, number>): { calls: number; served: number } {
  const lately = { calls: 0, served: 0 };
  for (const [reason, calls] of reasons) {
    const outcome = coverageOf({ reason: reason as CallSum['reason'] });
    if (outcome === null || outcome === 'recognised') continue;
    lately.calls += calls;
    if (outcome === 'served') lately.served += calls;
  }
  return lately;
}

/**
 * One task, whole.
 * @param mayReadWords Whether labels, which callers wrote, are shown.
 * @throws UnderstudyError 'not-found'.
 */
export async function taskDetail(
  sources: FigureSources,
  id: string,
  range: Range,
  mayReadWords: boolean,
): Promise<TaskDetail> {
  const { store } = sources;
  const record = (await taskRecords(sources, range.since)).find(({ task }) => task.id === id);
  if (!record)
    throw new UnderstudyError('not-found', `There is no task ${id}.`, {
      hint: 'GET /api/v1/tasks lists them. A learning run may have merged it with another.',
      status: 404,
    });
  const { task, deployment, proposal, stopped, specialist, booked } = record;
  const { sums } = await pricedSums(sources, range, id);
  const deployments = await store.deployments();
  const specialists = await store.specialists(id);
  const stageOf = (specialistId: string) =>
    deployments.findLast((each) => each.specialistId === specialistId)?.stage ?? null;
  const outlook = outlookOfRecord(record);
  const mistakes = (booked?.audits ?? []).filter(({ correct }) => !correct);
  return {
    task: await rowOf(sources, record, sums, range),
    labels: mayReadWords ? task.labels : null,
    sites: task.sites.length,
    callSites: task.sites.map((site) => callSiteView(site, mayReadWords)),
    excluded: task.excluded ?? null,
    decisions: decisionsOn(id, await store.taskDecisions()),
    specialist: specialist && specialistView(specialist, stageOf(specialist.id), mayReadWords),
    versions: specialists
      .map(({ id: specialistId, version, artefact, createdAt, evidence }) => ({
        id: specialistId,
        version,
        createdAt,
        rung: artefact.rung,
        passed: evidence.gate.passed,
        coverage: evidence.exam.coverage.share,
        servedError: evidence.exam.servedError,
        stage: stageOf(specialistId),
      }))
      .reverse(),
    candidates: (await store.verdicts(id)).map(candidateView),
    reasons: [...record.reasons]
      .map(([reason, calls]) => ({ reason, calls }))
      .sort((a, b) => b.calls - a.calls),
    mistakes: mistakes
      .map(({ callId, at, stage, confidence }) => ({ callId, at, stage, confidence }))
      .sort((a, b) => b.confidence - a.confidence)
      .slice(0, MAX_MISTAKES),
    deployment: deployment && deploymentView(deployment, task, specialist ?? undefined, outlook),
    proposal:
      proposal &&
      deploymentView(
        proposal,
        task,
        specialists.find((each) => each.id === proposal.specialistId),
        null,
      ),
    stopped: stopped && { at: stopped.at, by: stopped.by, reason: stopped.reason },
  };
}
