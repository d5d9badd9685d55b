/**
 * The two rounds in which a task's candidates compete: first what takes seconds, then what takes minutes, with the time
 * that is left. Joins curate, select and train for pipeline.ts.
 * Does not: try one candidate (trial.ts), keep the books of time (budget.ts), or prove the winner (proof.ts).
 */
import { type Call, UNTIMED } from '../core/call.ts';
import { type Dataset, type Epoch, manifestOf, type SplitOrder } from '../core/dataset.ts';
import type { LearnOptions } from '../core/learning.ts';
import type { Task } from '../core/task.ts';
import { buildDataset } from '../curate/dataset.ts';
import { timedCalls } from '../curate/timed.ts';
import { epochsOf } from '../deploy/epochs.ts';
import { chooseCandidates } from '../select/candidates.ts';
import { compete } from '../select/compete.ts';
import { probeHardware } from '../select/hardware.ts';
import { budgetFor, machineOf, recordBudget, toTrainingBudget } from './budget.ts';
import { examined, withoutSuspects } from './findings.ts';
import { judgingFor } from './judging.ts';
import { llmFigures } from './llm-figures.ts';
import { referencesFor } from './references.ts';
import { type LearnContext, selectionLimits, type TaskRun, tryCandidate } from './trial.ts';

/** The task's dataset, and the competition between candidates that take seconds. */
export async function firstRound(
  task: Task,
  recordedCalls: readonly Call[],
  context: LearnContext,
  options: LearnOptions,
): Promise<TaskRun> {
  const epoch = (await epochsOf(context.store, task.id)).at(-1) ?? null;
  const wanted = options.order ?? orderOf(recordedCalls);
  const { calls: timed, untimed, order } = timedCalls(recordedCalls, epoch, wanted);
  const { current: calls, findings } = examined(task, timed, order);
  const requests = new Map(calls.map(({ id, request }) => [id, request]));
  const on = (some: readonly Call[]): Promise<TaskRun> =>
    competitionOn(task, some, { epoch, requests, order, findings, untimed }, context);
  const whole = await on(calls);
  // What was before the change may teach, or mislead: what comes after it tells, on the validation split.
  const own = calls.filter(({ at }) => at >= (epoch?.since ?? 0));
  const isLong = epoch !== null && own.length >= MIN_OWN_CALLS && own.length < calls.length;
  const alone = isLong ? await on(own) : null;
  const isBetter =
    alone !== null && (alone.competition.winner?.coverage ?? 0) > (whole.competition.winner?.coverage ?? 0);
  return isBetter ? alone : whole;
}

/** Fewer calls since a change are not worth a training by themselves. */
const MIN_OWN_CALLS = 100;

interface Beginning extends Pick<TaskRun, 'requests' | 'findings'> {
  /** Since the last change; null where none is known. */
  readonly epoch: Epoch | null;
  readonly order: SplitOrder;
  /** Calls that are left out for want of a time; the dataset counts them. */
  readonly untimed: readonly Call[];
}

async function competitionOn(
  task: Task,
  calls: readonly Call[],
  { epoch, requests, order, findings, untimed }: Beginning,
  context: LearnContext,
): Promise<TaskRun> {
  const { store, config } = context;
  const recorded = buildDataset(task, [...calls, ...untimed], {
    seed: config.train.seed,
    order,
    epoch,
    equality: config.equality,
    truth: config.gate.truth,
  });
  await store.addDataset(manifestOf(recorded));
  const { dataset, asked } = await referencesFor(task, recorded, ['validation'], requests, context);
  const judging = await judgingFor(task, dataset, context);
  const budget = toTrainingBudget({ minutes: config.train.minutes, speeds: {} });
  const llm = llmFigures(calls, config.prices, context.latencyOf);
  const early = { task, dataset, requests, llm, judging };
  const limits = selectionLimits(early, budget, context);
  const { contenders, dropped } = chooseCandidates(task, dataset, 'seconds', limits);
  const learnt = (from: Dataset) =>
    compete({
      contenders,
      tryOut: (contender) => tryCandidate(contender, { ...early, dataset: from }, context),
    });
  const models = [...new Set(calls.flatMap(({ response }) => response?.model ?? []))];
  const run = {
    ...early,
    dropped,
    competition: await learnt(dataset),
    models,
    askedAgain: asked,
    findings,
  };
  // Where held-back calls have better references than the recorded answers, what teaches is cleaned, too.
  const cleaned = context.askAgain ? withoutSuspects(run, config.gate.epsilon) : null;
  return cleaned === null ? run : { ...cleaned, competition: await learnt(cleaned.dataset) };
}

/** The run with those that take minutes in the competition. `minutes`: what is left for them, of all tasks together. */
export async function secondRound(run: TaskRun, minutes: number, context: LearnContext): Promise<TaskRun> {
  const { task, dataset } = run;
  const { config } = context;
  const machine = machineOf(probeHardware(config.dataDir), config);
  const budget = await budgetFor(dataset, minutes, machine, context);
  const limits = selectionLimits(run, toTrainingBudget(budget), context);
  const { contenders, dropped } = chooseCandidates(task, dataset, 'minutes', limits);
  if (!budget.isRecorded && contenders.length > 0) await recordBudget(dataset, budget, context);
  const competition = await compete({
    earlier: run.competition,
    contenders,
    tryOut: (contender) => tryCandidate(contender, run, context),
  });
  return { ...run, dropped: [...run.dropped, ...dropped], competition };
}

/** Calls that the winner of the first round could not serve. */
export const leftToGain = ({ task, competition }: TaskRun): number =>
  task.calls * (1 - (competition.winner?.coverage ?? 0));

/** By time, unless most calls were imported without one. */
export const orderOf = (calls: readonly Call[]): SplitOrder =>
  calls.filter(({ tags }) => UNTIMED in tags).length * 2 > calls.length ? 'shuffle-sessions' : 'time';
