/**
 * READ FIRST: a learning run, from recorded calls to what is deployed: S1 capture → S2 curate → S3 cluster → S4 select →
 * S5 train → (proof) evaluate → S6 deploy. Stages do not know each other: what one makes is handed to the next here.
 * What happens to one task: rounds.ts (its candidates compete), trial.ts (one of them is trained and estimated), proof.ts
 * (the winner is examined). The online half (route, escalate, audit, roll back) is online/serving.ts; understudy.ts chooses
 * the implementations.
 */
import type { Call } from '../core/call.ts';
import type { LearnOptions, LearnReport, TaskReport } from '../core/learning.ts';
import { readUsable } from '../curate/usable.ts';
import { probeHardware } from '../select/hardware.ts';
import { withPrediction } from './assess/kept.ts';
import { tasksIn } from './find-tasks.ts';
import { replacedPrompts, withFindings } from './findings.ts';
import { proveAndDeploy } from './proof.ts';
import { firstRound, leftToGain, secondRound } from './rounds.ts';
import type { LearnContext, TaskRun } from './trial.ts';
import { refuseUnknown, wantedBy } from './wanted.ts';

/**
 * The six steps over recorded calls. The calls are read once: those that cannot be learnt from are dropped at once, those of
 * a task as soon as its dataset is made, so that memory holds no more than is needed.
 * @param calls Oldest first.
 * @throws UnderstudyError 'cancelled' where the signal is aborted, 'not-found' for a task in the options that there is none of.
 */
export async function learn(
  calls: AsyncIterable<Call> | Iterable<Call>,
  context: LearnContext,
  options: LearnOptions,
): Promise<LearnReport> {
  const { config } = context;
  const startedAt = Date.now();

  // S2 curate: which calls can be learnt from. S3 cluster: which of those are of one task.
  const usable = await readUsable(calls);
  const { tasks, callsOf, suspended, counts } = await tasksIn(usable, context);
  refuseUnknown(options, tasks);
  /** Tasks that are new because a prompt was replaced by another: reports say so. */
  const replaced = replacedPrompts(tasks, callsOf);

  // S4 select, S5 train: first, for every task, the candidates that are trained in seconds.
  const firstRuns: TaskRun[] = [];
  for (const task of tasks.filter(wantedBy(options))) {
    const run = await firstRound(task, callsOf.get(task.id) ?? [], context, options);
    const finding = replaced.get(task.id);
    firstRuns.push(finding ? { ...run, findings: [...run.findings, finding] } : run);
    callsOf.delete(task.id);
  }
  // Then those that take minutes, in the time that the configuration gives: first where most calls are left to gain.
  const deadline = Date.now() + config.train.minutes * 60_000;
  const runs: TaskRun[] = [];
  for (const run of firstRuns.toSorted((a, b) => leftToGain(b) - leftToGain(a))) {
    const minutesLeft = Math.max(0, deadline - Date.now()) / 60_000;
    runs.push(await secondRound(run, minutesLeft, context));
  }

  // The proof of each task's winner, on held-back calls that no candidate has been compared on; and S6 deploy, if it passed.
  const reports: TaskReport[] = [];
  for (const run of runs.toSorted((a, b) => b.task.calls - a.task.calls)) {
    const changed = suspended.get(run.task.id) ?? null;
    const report = await proveAndDeploy(run, context, { ...options, changed });
    reports.push(await withPrediction(await withFindings(report, run, context), context));
  }

  const { freeMemoryBytes: _, freeDiskBytes: __, ...hardware } = probeHardware(config.dataDir);
  return {
    kind: 'learn',
    startedAt,
    seconds: (Date.now() - startedAt) / 1000,
    seed: config.train.seed,
    dryRun: options.dryRun ?? false,
    epsilon: config.gate.epsilon,
    delta: config.gate.delta,
    hardware,
    ...counts,
    tasks: reports,
    notes: context.notes,
  };
}
