/**
 * Trying a candidate on a task: what candidates may be, training one, and what it is likely worth. Joins select, train and
 * evaluate for pipeline.ts. Does not: prove or deploy anything (proof.ts).
 */
import { join } from 'node:path';
import type { Call, CallRequest, CallResponse } from '../core/call.ts';
import { schemasOf } from '../core/compare.ts';
import type { Config } from '../core/config.ts';
import type { Dataset, Example } from '../core/dataset.ts';
import type { Finding } from '../core/finding.ts';
import type { Judge } from '../core/judge.ts';
import type { OnProgress } from '../core/progress.ts';
import type { Runtime, Trainer } from '../core/runtime.ts';
import type { Artefact, ProvedOn, Verdict } from '../core/specialist.ts';
import type { DeploymentStore, EventStore, LearningStore } from '../core/store.ts';
import type { Task } from '../core/task.ts';
import type { DecisionStore } from '../core/task-decision.ts';
import { epochsOf } from '../deploy/epochs.ts';
import { fitAndGrade } from '../evaluate/cross-fit.ts';
import { estimate } from '../evaluate/estimate.ts';
import { earlierSessions } from '../evaluate/evaluate.ts';
import {
  byEquality,
  type GradedPrediction,
  type PredictionOptions,
  timePredictions,
} from '../evaluate/predictions.ts';
import { type Scorer, scorerFor } from '../evaluate/scorers/scorer.ts';
import { catalogueOf } from '../models/weights/own.ts';
import { whyUncheckable } from '../route/check.ts';
import {
  type Contender,
  inQuestion,
  type SelectionLimits,
  type TrainingBudget,
} from '../select/candidates.ts';
import type { Competition, Trial } from '../select/compete.ts';
import { costShareOf, type LlmFigures } from '../select/cost.ts';
import { probeHardware } from '../select/hardware.ts';
import { deltaOfTry } from '../stats/spending.ts';
import { machineOf, recordSpeed } from './budget.ts';
import type { Judging } from './judging.ts';
import { offlineDecision } from './offline-decision.ts';
import { timedTrainer } from './timed.ts';

/** Everything the loop works with, made by whoever starts it. */
export interface LearnContext {
  readonly config: Config;
  readonly store: LearningStore & DeploymentStore & EventStore & Pick<DecisionStore, 'taskDecisions'>;
  readonly trainers: readonly Trainer[];
  readonly runtimes: readonly Runtime[];
  /** Catalogue names of the models whose weights are on this machine. */
  readonly models: ReadonlySet<string>;
  /** Asks the LLM once more; without it the recorded answers are the references. */
  readonly askAgain?: (request: CallRequest) => Promise<CallResponse | null>;
  /** Milliseconds that a call takes at the LLM, where a stand-in waits but a part of them. Default: as recorded. */
  readonly latencyOf?: (call: Call) => number;
  /** Says whether texts that differ are equally good; without it they are not. */
  readonly judge?: Judge;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
  /** For the report: what is missing and what to do about it, a line each. */
  readonly notes: readonly string[];
}

/** A candidate trained, and what it told on the validation split. */
export interface TrainedTrial extends Trial {
  readonly artefact: Artefact;
  readonly runtime: Runtime;
  /** Predictions of examples that it had not been trained on. */
  readonly graded: readonly GradedPrediction[];
  /** Whether a judge is to say which of its texts are as good: it then can be expected to serve more. */
  readonly isJudged: boolean;
}

/** A task on its way through the loop. */
export interface TaskRun {
  readonly task: Task;
  readonly dataset: Dataset;
  /** Of its usable calls, by their ids. */
  readonly requests: ReadonlyMap<string, CallRequest>;
  /** Candidates that were not worth trying, and why. */
  readonly dropped: readonly Verdict[];
  readonly competition: Competition<TrainedTrial>;
  /** The LLM's names in the answers that are held back. */
  readonly models: readonly string[];
  /** What its calls cost and take at the LLM. */
  readonly llm: LlmFigures;
  /** Answers that the LLM was asked for again, so far. */
  readonly askedAgain: number;
  /** What is odd about its calls. */
  readonly findings: readonly Finding[];
  /** What a judge does for it; null where none is configured, or it has no texts. */
  readonly judging: Judging | null;
}

/** A task's run as far as it is before candidates are tried. */
type EarlyRun = Pick<TaskRun, 'task' | 'dataset' | 'requests' | 'llm' | 'judging'>;

/** What this machine and the configuration allow candidates to be. */
export function selectionLimits(
  { task, llm, judging }: Pick<EarlyRun, 'task' | 'llm' | 'judging'>,
  budget: TrainingBudget,
  { config, trainers, runtimes, models }: Pick<LearnContext, 'config' | 'trainers' | 'runtimes' | 'models'>,
): SelectionLimits {
  return {
    trainers,
    canRun: (rung) => runtimes.some(({ rungs }) => rungs.includes(rung)),
    catalogue: inQuestion(catalogueOf(config.dataDir), config.train),
    resources: probeHardware(config.dataDir),
    available: models,
    base: config.train.base,
    budget,
    llm,
    // At the first try's level, whichever it will be: the same candidates are to win again on the same calls.
    gate: { epsilon: config.gate.epsilon, delta: deltaOfTry(config.gate.delta, 1) },
    unserved: whyUncheckable(task),
    ...(judging ? { noJudge: judging.report.refusal } : {}),
  };
}

/** Trains the candidate, or finds it trained, and estimates what it would serve. @throws as the trainer and runtime. */
export async function tryCandidate(
  contender: Contender,
  { task, dataset, requests, llm, judging }: EarlyRun,
  context: LearnContext,
): Promise<TrainedTrial> {
  const { candidate, cost } = contender;
  const judged = judging?.run ?? null;
  const { config } = context;
  const runtime = context.runtimes.find(({ rungs }) => rungs.includes(candidate.rung))!;
  const { train, validation, calibration } = dataset.splits;
  const dir = join(config.dataDir, 'training', candidate.id);
  const job = { candidate, kind: task.kind, train, validation, dir, seed: config.train.seed };
  const how = examination(task, requests, context, { isJudged: judged !== null });
  const { artefact, graded } = await fitAndGrade({
    ...how,
    // A judge is paid for each prediction: those of the validation split are enough then.
    trainer: trainerOf(contender, context),
    runtime,
    job,
    crossFit: cost === 'seconds' && !judged,
  });
  // Cross-fitted candidates have more predictions; all are compared on the same examples, with the best references.
  const shared = new Set(validation.map(({ id }) => id));
  const onValidation = graded.filter(({ exampleId }) => shared.has(exampleId));
  const gate = {
    ...config.gate,
    calibrationSize: calibration.length,
    tryNumber: 1,
    earlierSessions: earlierSessions(dataset),
  };
  const byEqual = estimate(byEquality(onValidation), gate);
  const byJudge = judged && estimate(onValidation, { ...gate, judged: judged.counts });
  // Where equality alone is expected to prove as much, there is no judge's error to allow for.
  const isJudged = byJudge !== null && byJudge.coverage >= byEqual.coverage + WORTH_JUDGING;
  const estimated = byJudge === null || !isJudged ? byEqual : byJudge;
  const costShare = costShareOf(
    contender.price,
    graded.map(({ prediction }) => prediction.usage),
    llm,
  );
  const median = llm.medianMs === null ? null : await medianMs(validation, { ...how, runtime, artefact });
  const isSlow = median !== null && median > (llm.medianMs ?? Number.POSITIVE_INFINITY);
  return { candidate, ...estimated, costShare, isSlow, artefact, runtime, graded, isJudged };
}

/** Share of the calls that a judge must be expected to bring: below it nothing would be proved by more verdicts. */
const WORTH_JUDGING = 0.005;

/** Predictions that its pace is told by; the first one loads and warms up. */
const TIMED = 6;

/** As a caller would meet it: one at a time, without a draft, which would flatter. Null where there is nothing to time. */
async function medianMs(examples: readonly Example[], options: PredictionOptions): Promise<number | null> {
  const times = await timePredictions(examples.slice(0, TIMED), options);
  return times.slice(1).sort((a, b) => a - b)[Math.floor((times.length - 1) / 2)] ?? null;
}

/** The candidate's trainer; how long its training takes is put on record, where that is minutes. */
function trainerOf(contender: Contender, { config, store }: LearnContext): Trainer {
  if (contender.cost === 'seconds') return contender.trainer;
  const machine = machineOf(probeHardware(config.dataDir), config);
  return timedTrainer(contender, (artefact) => recordSpeed(contender, artefact, machine, store));
}

/**
 * The number of the task's next try at the gate: delta is spent over a task's tries, or over those of all tasks. An epoch of a task
 * spends one: it has begun by what was seen of the calls that the try before it would have tested.
 */
export async function nextTry(
  taskId: string,
  {
    store,
    config,
  }: Pick<LearnContext, 'config'> & {
    readonly store: Pick<LearningStore, 'tasks' | 'gateTries'> & Pick<EventStore, 'events'>;
  },
): Promise<number> {
  const isForAll = config.gate.deltaFor === 'all-tasks';
  const tasks = isForAll ? (await store.tasks()).map(({ id }) => id) : [taskId];
  let epochs = 0;
  for (const id of tasks) epochs += (await epochsOf(store, id)).length;
  return 1 + epochs + (await store.gateTries(isForAll ? undefined : taskId));
}

/**
 * How answers to the task's calls are graded, which of them would be given, and who hears of the progress.
 * @param options.proved What the specialist was proved on, if it is not being proved now.
 * @param options.isJudged Whether the judge is asked about texts.
 */
export function examination(
  task: Task,
  requests: ReadonlyMap<string, CallRequest>,
  { config, onProgress, signal, judge }: Pick<LearnContext, 'config' | 'onProgress' | 'signal' | 'judge'>,
  { proved, isJudged }: { readonly proved?: ProvedOn | undefined; readonly isJudged: boolean },
): {
  readonly scorer: Scorer;
  readonly isServable: (example: Example, answer: string) => boolean;
  readonly requestOf: (example: Example) => CallRequest | undefined;
  readonly subject: string;
  readonly on?: OnProgress;
  readonly signal?: AbortSignal;
} {
  const whyNotServed = offlineDecision(task, requests, proved);
  return {
    scorer: scorerFor(task.kind, {
      ...schemasOf(task, config.equality),
      ...(judge && isJudged ? { judge: { judge: (pair) => judge.judge(pair, { signal }) } } : {}),
    }),
    isServable: (example, answer) => whyNotServed(example, answer) === null,
    requestOf: ({ callId }) => requests.get(callId),
    subject: task.name,
    // Trainers know a task by its id; people by its name.
    ...(onProgress ? { on: (progress) => onProgress({ ...progress, subject: task.name }) } : {}),
    ...(signal ? { signal } : {}),
  };
}
