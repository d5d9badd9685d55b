/** What `understudy status` says: per task who serves it, how it does and why, from the record alone. */

import { auditBook } from '../api/figures/audit-book.ts';
import { taskRecords, whyOfRecord } from '../api/figures/tasks.ts';
import type { Config } from '../core/config.ts';
import type { StatusReport } from '../core/status-report.ts';
import type { Store } from '../core/store.ts';
import { coverageOf } from '../deploy/alarms.ts';
import { readWatch } from '../deploy/read-watch.ts';
import { outlookOf } from '../deploy/stages.ts';
import { policyOfStay } from '../deploy/stays.ts';
import { judgedByText } from '../report/judge-text.ts';
import type { Storage } from './data-folder.ts';
import { judgeStatus } from './judge.ts';
import { outcomesOf } from './outcomes.ts';

/** Calls of a task that its status is about. */
const LATELY = 500;

export async function statusOf(
  { store, vault }: Storage,
  { serve, judge, gate }: Pick<Config, 'serve' | 'judge' | 'gate'>,
  folder: Pick<StatusReport, 'lost' | 'journal' | 'upstreams'>,
): Promise<StatusReport> {
  const deployments = await store.deployments();
  const decisions = await store.taskDecisions();
  const stopped = new Set((await store.stoppedTasks()).map(({ taskId }) => taskId));
  const why = new Map<string, string>();
  for (const record of await taskRecords({ store, audits: auditBook(store, serve, gate.deltaFor) }, 0))
    why.set(record.task.id, await whyOfRecord(store, record));
  const tasks: StatusReport['tasks'][number][] = [];
  for (const task of await store.tasks()) {
    const specialists = await store.specialists(task.id);
    const own = deployments.filter((each) => each.taskId === task.id && each.stage !== 'retired');
    // What serves says more than what waits for approval beside it.
    const deployment = own.findLast(({ stage }) => stage !== 'proposed') ?? own.at(-1);
    const specialist = specialists.find((each) => each.id === deployment?.specialistId);
    const policy =
      specialist &&
      deployment &&
      policyOfStay(specialist, deployment, { deployments, decisions }, serve, gate.deltaFor);
    const shown = deployment && specialist && policy ? { deployment, specialist, policy } : null;
    const outlook =
      shown &&
      outlookOf(
        shown.deployment,
        (await readWatch(store, shown.deployment.id, shown.policy)).watch,
        shown.policy,
      );
    tasks.push({
      id: task.id,
      name: task.name,
      kind: task.kind,
      calls: task.calls,
      specialists: specialists.length,
      isStopped: stopped.has(task.id),
      isExcluded: task.excluded !== undefined,
      why: why.get(task.id) ?? '',
      isProposed: own.some(({ stage }) => stage === 'proposed'),
      deployment: shown &&
        outlook && {
          id: shown.deployment.id,
          specialistId: shown.specialist.id,
          rung: shown.specialist.artefact.rung,
          stage: shown.deployment.stage,
          threshold: shown.deployment.threshold,
          coverage: shown.specialist.evidence.exam.coverage.share,
          judgedBy: shown.specialist.evidence.judge ? judgedByText(shown.specialist.evidence.judge) : null,
          audits: outlook.comparisons,
          auditErrors: outlook.errors,
          margin: outlook.margin,
          servedError: outlook.servedError,
          moreComparisons: outlook.moreComparisons,
          lately: latelyOf(await store.countReasons(task.id, LATELY)),
          history: shown.deployment.history,
        },
    });
  }
  return {
    kind: 'status',
    calls: await store.countCalls({ audits: false }),
    ...folder,
    tasks,
    feedback: await store.countFeedback(),
    outcomes: await outcomesOf(store, vault),
    ...(judge ? { judge: await judgeStatus(store, judge) } : {}),
  };
}

type Lately = NonNullable<StatusReport['tasks'][number]['deployment']>['lately'];

function latelyOf(reasons: Awaited<ReturnType<Store['countReasons']>>): Lately {
  const counts = { calls: 0, recognised: 0, served: 0, escalated: 0 };
  for (const [reason, n] of reasons) {
    const outcome = coverageOf({ reason });
    if (outcome === null) continue;
    counts.calls += n;
    if (outcome !== 'unfamiliar') counts.recognised += n;
    if (outcome === 'served') counts.served += n;
    if (outcome === 'escalated') counts.escalated += n;
  }
  return counts;
}
