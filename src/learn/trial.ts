/**
 * Trying a candidate on a task: which there are, training one, and what it is likely worth. Joins select, train and
 * evaluate for pipeline.ts. Does not: prove or deploy anything (proof.ts).
 */
import { join } from 'node:path';
import type { CallRequest, CallResponse } from '../core/call.ts';
import { schemasOf } from '../core/compare.ts';
import type { Config } from '../core/config.ts';
import type { Dataset } from '../core/dataset.ts';
import { newId } from '../core/ids.ts';
import type { OnProgress } from '../core/progress.ts';
import type { Runtime, Trainer } from '../core/runtime.ts';
import type { Artefact, Candidate, Verdict } from '../core/specialist.ts';
import type { Store } from '../core/store.ts';
import type { Task } from '../core/task.ts';
import { fitAndGrade } from '../evaluate/cross-fit.ts';
import { type Estimate, estimate } from '../evaluate/estimate.ts';
import { earlierSessions, type GradedPrediction } from '../evaluate/evaluate.ts';
import { type Scorer, scorerFor } from '../evaluate/scorers/scorer.ts';
import { CATALOGUE } from '../models/weights/catalogue.ts';
import { whyUncheckable } from '../route/check.ts';
import { type Choice, chooseCandidates } from '../select/candidates.ts';
import type { Competition } from '../select/compete.ts';
import { probeHardware } from '../select/hardware.ts';
import { deltaOfTry } from '../stats/spending.ts';

/** Everything the loop works with, made by whoever starts it. */
export interface LearnContext {
  readonly config: Config;
  readonly store: Store;
  readonly trainers: readonly Trainer[];
  readonly runtimes: readonly Runtime[];
  /** Catalogue names of the models whose weights are at hand. */
  readonly models: ReadonlySet<string>;
  /** Asks the LLM once more; without it the recorded answers are the references. */
  readonly askAgain?: (request: CallRequest) => Promise<CallResponse | null>;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
  /** For the report: what is missing and what to do about it, a line each. */
  readonly notes: readonly string[];
}

/** A candidate trained, and what it told on the validation split. */
export interface Trial extends Estimate {
  readonly artefact: Artefact;
  readonly runtime: Runtime;
  /** Predictions of examples that it had not been trained on. */
  readonly graded: readonly GradedPrediction[];
}

/** A task on its way through the loop. */
export interface TaskRun {
  readonly task: Task;
  readonly dataset: Dataset;
  /** Candidates that were not worth trying, and why. */
  readonly dropped: readonly Verdict[];
  readonly competition: Competition<Trial>;
  /** Answers that the LLM was asked for again, so far. */
  readonly askedAgain: number;
}

/** The ladder for a task, with `minutes` left for trainings that take minutes. */
export function candidatesFor(task: Task, dataset: Dataset, context: LearnContext, minutes: number): Choice {
  const { gate } = context.config;
  return chooseCandidates(task, dataset, {
    catalogue: CATALOGUE,
    room: probeHardware(context.config.dataDir),
    available: context.models,
    base: context.config.train.base,
    trainable: new Set(context.trainers.flatMap(({ rungs }) => rungs)),
    hosted: context.config.train.hosted?.model ?? null,
    minutes,
    gate: { epsilon: gate.epsilon, delta: deltaOfTry(gate.delta, 1) },
    unserved: whyUncheckable(task),
  });
}

/**
 * The minutes for a dataset's trainings that take minutes: what an earlier run with the same budget gave it, else what
 * is left of this one's. A recipe depends on them, so a killed training goes on only where they are the same again.
 */
export function minutesFor(
  dataset: Pick<Dataset, 'id'>,
  left: number,
  { store, config }: Pick<LearnContext, 'store' | 'config'>,
): number {
  const before = store
    .events({ kind: TRAINING_BUDGETED, subject: dataset.id })
    .findLast(({ detail }) => detail.budget === config.train.minutes);
  return typeof before?.detail.minutes === 'number' ? before.detail.minutes : left;
}

/** Puts on record that the dataset's trainings have so many minutes. */
export function recordMinutes(
  dataset: Pick<Dataset, 'id'>,
  minutes: number,
  { store, config }: Pick<LearnContext, 'store' | 'config'>,
): void {
  const at = Date.now();
  const detail = { minutes, budget: config.train.minutes };
  store.addEvent({ id: newId('event', at), at, kind: TRAINING_BUDGETED, subject: dataset.id, detail });
}

const TRAINING_BUDGETED = 'training-budgeted';

/** Trains the candidate, or finds it trained, and estimates what it would serve. @throws as the trainer and runtime. */
export async function tryCandidate(
  candidate: Candidate,
  task: Task,
  dataset: Dataset,
  context: LearnContext,
): Promise<Trial> {
  const { config } = context;
  const runs = ({ rungs }: Trainer | Runtime): boolean => rungs.includes(candidate.rung);
  const trainer = context.trainers.find(runs)!;
  const runtime = context.runtimes.find(runs)!;
  const { train, validation, calibration } = dataset.splits;
  const dir = join(config.dataDir, 'training', candidate.id);
  const job = { candidate, kind: task.kind, train, validation, dir, seed: config.train.seed };
  const { artefact, graded } = await fitAndGrade({ ...examination(task, context), trainer, runtime, job });
  // Cross-fitted candidates have more predictions; all are compared on the same examples, with the best references.
  const shared = new Set(validation.map(({ id }) => id));
  const onValidation = graded.filter(({ exampleId }) => shared.has(exampleId));
  return {
    ...estimate(onValidation, {
      ...config.gate,
      calibrationSize: calibration.length,
      // The first try's level, whichever it will be: the same candidates are to win again on the same calls.
      tryNumber: 1,
      earlierSessions: earlierSessions(dataset),
    }),
    artefact,
    runtime,
    graded,
  };
}

/** The number of the task's next try at the gate: delta is spent over a task's tries, or over those of all tasks. */
export function nextTry(taskId: string, { store, config }: Pick<LearnContext, 'store' | 'config'>): number {
  return 1 + (config.gate.deltaFor === 'task' ? store.gateTries(taskId) : store.gateTries());
}

/** How answers to the task are graded, and who is told about it. */
export function examination(
  task: Task,
  { config, onProgress, signal }: LearnContext,
): {
  readonly scorer: Scorer;
  readonly subject: string;
  readonly on?: OnProgress;
  readonly signal?: AbortSignal;
} {
  return {
    scorer: scorerFor(task.kind, schemasOf(task, config.equality)),
    subject: task.name,
    // Trainers know a task by its id; people by its name.
    ...(onProgress ? { on: (progress) => onProgress({ ...progress, subject: task.name }) } : {}),
    ...(signal ? { signal } : {}),
  };
}
