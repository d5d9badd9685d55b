/**
 * READ FIRST: the offline loop, the whole story. S1 capture → S2 curate → S3 cluster → S4 select → S5 train →
 * (proof) evaluate → S6 deploy. Stages do not know each other: what one makes is handed to the next here.
 * The online half (route, escalate, audit, roll back) is online/serving.ts; understudy.ts chooses the implementations;
 * what happens to one task is spelled out in trial.ts (a candidate is tried) and proof.ts (the winner is examined).
 */
import { findTasks } from '../cluster/tasks.ts';
import { type Call, UNTIMED } from '../core/call.ts';
import { manifestOf, type SplitOrder } from '../core/dataset.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { LearnOptions, LearnReport, TaskReport } from '../core/learning.ts';
import { type Candidate, COST } from '../core/specialist.ts';
import type { Task } from '../core/task.ts';
import { buildDataset } from '../curate/dataset.ts';
import { withSessions } from '../curate/sessions.ts';
import { usableCalls } from '../curate/usable.ts';
import type { Choice } from '../select/candidates.ts';
import { compete } from '../select/compete.ts';
import { probeHardware } from '../select/hardware.ts';
import { proveAndDeploy } from './proof.ts';
import { referencesFor } from './references.ts';
import {
  candidatesFor,
  type LearnContext,
  minutesFor,
  recordMinutes,
  type TaskRun,
  tryCandidate,
} from './trial.ts';

/** The six steps over the captured calls. @throws UnderstudyError 'cancelled' when told to stop, 'not-found'. */
export async function learn(
  calls: readonly Call[],
  context: LearnContext,
  options: LearnOptions,
): Promise<LearnReport> {
  const { store, config } = context;
  const { seed } = config.train;
  const startedAt = Date.now();

  // S2 curate: what can be learnt from. S3 cluster: which of it is one job.
  const usable = usableCalls(withSessions(calls));
  const found = findTasks(usable.calls, store.tasks());
  store.putTasks(found.tasks);
  refuseUnknown(options, found.tasks);
  const callsOf = Map.groupBy(usable.calls, (call) => found.assignment.get(call.id));

  // S4 select, S5 train: first every task's cheap rungs, which take seconds …
  const runs: TaskRun[] = [];
  for (const task of found.tasks.filter(wantedBy(options))) {
    const own = callsOf.get(task.id) ?? [];
    const recorded = buildDataset(task, own, {
      seed,
      order: options.order ?? orderOf(own),
      equality: config.equality,
    });
    store.addDataset(manifestOf(recorded));
    const { dataset, asked } = await referencesFor(task, recorded, ['validation'], own, context);
    const cheap = only(candidatesFor(task, dataset, context, config.train.minutes), isCheap);
    const tryOut = (candidate: Candidate) => tryCandidate(candidate, task, dataset, context);
    const competition = await compete({ candidates: cheap.candidates, tryOut });
    runs.push({ task, dataset, dropped: cheap.dropped, competition, askedAgain: asked });
  }
  // … then what takes minutes, which go where most calls are left to gain.
  const deadline = Date.now() + config.train.minutes * 60_000;
  const finals: TaskRun[] = [];
  for (const run of runs.toSorted((a, b) => leftToGain(b) - leftToGain(a))) {
    const { task, dataset, dropped, competition } = run;
    const left = Math.max(0, deadline - Date.now()) / 60_000;
    const minutes = minutesFor(dataset, left, context);
    const expensive = only(
      candidatesFor(task, dataset, context, minutes),
      (candidate) => !isCheap(candidate),
    );
    if (minutes === left && expensive.candidates.length > 0) recordMinutes(dataset, minutes, context);
    const tryOut = (candidate: Candidate) => tryCandidate(candidate, task, dataset, context);
    const decided = await compete({ earlier: competition, candidates: expensive.candidates, tryOut });
    finals.push({ ...run, dropped: [...dropped, ...expensive.dropped], competition: decided });
  }

  // The proof on calls that nobody has looked at, and S6 deploy.
  const tasks: TaskReport[] = [];
  for (const run of finals.toSorted((a, b) => b.task.calls - a.task.calls)) {
    tasks.push(await proveAndDeploy(run, usable.calls, context, options));
  }

  const { freeMemoryBytes: _, freeDiskBytes: __, ...hardware } = probeHardware(config.dataDir);
  return {
    kind: 'learn',
    startedAt,
    seconds: (Date.now() - startedAt) / 1000,
    seed,
    dryRun: options.dryRun ?? false,
    epsilon: config.gate.epsilon,
    delta: config.gate.delta,
    hardware,
    calls: calls.length,
    usableCalls: usable.calls.length,
    dropped: usable.dropped,
    tasks,
    notes: context.notes,
  };
}

/** @throws UnderstudyError 'not-found' for a wanted task that there is none of. */
function refuseUnknown({ tasks: wanted = [] }: LearnOptions, tasks: readonly Task[]): void {
  const unknown = wanted.find((each) => !tasks.some(({ id, name }) => each === id || each === name));
  if (unknown === undefined) return;
  const names = tasks.map(({ name }) => `'${name}'`).join(', ');
  throw new UnderstudyError('not-found', `There is no task '${unknown}'.`, {
    hint: names === '' ? 'No task has been found yet: capture more calls first.' : `There are ${names}.`,
  });
}

const wantedBy =
  ({ tasks }: LearnOptions) =>
  ({ id, name }: Task): boolean =>
    tasks === undefined || tasks.includes(id) || tasks.includes(name);

/** By time, unless most calls were imported without one. */
const orderOf = (calls: readonly Call[]): SplitOrder =>
  calls.filter(({ tags }) => UNTIMED in tags).length * 2 > calls.length ? 'shuffle-sessions' : 'time';

const isCheap = ({ rung }: Candidate): boolean => COST[rung] === 'seconds';

const only = ({ candidates, dropped }: Choice, wanted: (candidate: Candidate) => boolean): Choice => ({
  candidates: candidates.filter(wanted),
  dropped: dropped.filter(({ candidate }) => wanted(candidate)),
});

/** Calls that no cheap rung could serve. */
const leftToGain = ({ task, competition }: TaskRun): number =>
  task.calls * (1 - (competition.winner?.result.coverage ?? 0));
