/**
 * The training loop of every model that is trained here: steps in seeded order, AdamW, checkpoints, one retry at a
 * lower rate when the loss runs away.
 * Does not: know what is trained, tokenise, or write what comes out.
 */
import { setImmediate } from 'node:timers/promises';
import { UnderstudyError } from '../../core/errors.ts';
import { seededRandom } from '../../core/random.ts';
import { type AdamState, adamStep, norm } from './adamw.ts';
import { type Position, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { learningRate, type Schedule, stepCount } from './schedule.ts';

/** A model that can be trained: it reads `parameters` anew at each step. */
export interface Trainable {
  readonly parameters: Float32Array;
  /** Of the last step, laid out as the parameters. */
  readonly gradient: Float32Array;
  /**
   * Mean loss in nats over the samples of these indices; `gradient` then holds its gradient.
   * @param at Number of the step, from 0: whatever a step draws at random follows from it and the seed.
   */
  step(at: number, samples: readonly number[]): Promise<number>;
}

export interface LoopOptions {
  /** Its parameters are as they begin. */
  readonly model: Trainable;
  /** Tokens of each sample. */
  readonly lengths: readonly number[];
  /** Loss of guessing, in nats: a training that stays there has run away. */
  readonly guessing: number;
  readonly schedule: Schedule;
  readonly seed: number;
  readonly checkpoint: {
    readonly path: string;
    /** Hash of everything that the run depends on. */
    readonly job: string;
    readonly everyMs: number;
  };
  /** After each step, with the parameters as they stand (not a copy); the next step waits for it. */
  readonly onStep?: (report: StepReport, parameters: Float32Array) => void | Promise<void>;
  readonly now?: () => number;
}

export interface StepReport {
  readonly step: number;
  readonly steps: number;
  /** Mean loss of the last ten steps. */
  readonly loss: number;
  /** Trained on so far, prompts included. */
  readonly tokens: number;
  readonly tokensPerSecond: number;
  readonly leftMs: number;
}

export interface Training {
  readonly losses: readonly number[];
  readonly tokens: number;
  /** Time in steps, over all processes that took part. */
  readonly elapsedMs: number;
}

/** Losses over which a level is taken. */
const WINDOW = 10;
/** The rate of the second attempt, as a share of the recipe's. */
const RETRY_RATE = 0.3;

/**
 * Trains to the end of the recipe, from the checkpoint where there is one of the same job. It leaves the last one, so
 * that what was trained is not lost before its file is written: whoever writes that deletes it.
 * The result depends on the options alone: a run that was killed and resumed gives the same parameters.
 * @throws UnderstudyError 'diverged' when the second attempt runs away as well.
 */
export async function train(options: LoopOptions): Promise<Training> {
  const { model, schedule, checkpoint, seed, lengths } = options;
  const now = options.now ?? (() => performance.now());
  const { parameters } = model;
  const initial = parameters.slice();
  const state: AdamState = {
    parameters,
    first: new Float32Array(parameters.length),
    second: new Float32Array(parameters.length),
  };
  const steps = stepCount(lengths.length, schedule);
  const order = stepOrder(lengths.length, schedule.batch, steps, seed);
  const stepTokens = order.map((step) => step.reduce((sum, i) => sum + lengths[i]!, 0));
  let at: Position = readCheckpoint(checkpoint.path, checkpoint.job, state) ?? start(0);
  let left = stepTokens.slice(at.step).reduce((sum, tokens) => sum + tokens, 0);

  let savedAt = now();
  const speed = new Speed();
  while (at.step < steps) {
    const began = now();
    const loss = await model.step(at.step, order[at.step]!);
    const gradientNorm = norm(model.gradient);
    const losses = [...at.losses, loss];
    if (!Number.isFinite(loss + gradientNorm) || ranAway(losses, options.guessing)) {
      if (at.retries > 0) throw diverged(at.step, steps);
      parameters.set(initial);
      state.first.fill(0);
      state.second.fill(0);
      at = { ...start(1), elapsedMs: at.elapsedMs };
      left = stepTokens.reduce((sum, tokens) => sum + tokens, 0);
      continue;
    }
    adamStep(state, model.gradient, {
      step: at.step + 1,
      rate: learningRate(schedule, at.step, steps) * RETRY_RATE ** at.retries,
      weightDecay: schedule.weightDecay,
      scale: Math.min(1, schedule.clip / (gradientNorm + 1e-6)),
    });
    const tokens = stepTokens[at.step]!;
    const took = now() - began;
    left -= tokens;
    speed.add(tokens, took);
    at = {
      ...at,
      step: at.step + 1,
      losses,
      tokens: at.tokens + tokens,
      elapsedMs: at.elapsedMs + took,
    };
    const report = {
      step: at.step,
      steps,
      loss: mean(losses.slice(-WINDOW)),
      tokens: at.tokens,
      tokensPerSecond: speed.perSecond(),
      leftMs: (left / speed.perSecond()) * 1000,
    };
    await options.onStep?.(report, parameters);
    if (at.step === steps || now() - savedAt >= checkpoint.everyMs) {
      writeCheckpoint(checkpoint.path, checkpoint.job, at, state);
      savedAt = now();
    }
    // A run blocks the thread: let messages and signals through between two.
    await setImmediate();
  }
  return { losses: at.losses, tokens: at.tokens, elapsedMs: at.elapsedMs };
}

/**
 * Indices of the samples of each step: every epoch in its own order, drawn from the seed, cut into steps of
 * `batch` that run on across the end of an epoch.
 */
export function stepOrder(
  samples: number,
  batch: number,
  steps: number,
  seed: number,
): readonly (readonly number[])[] {
  const order: number[] = [];
  for (let epoch = 0; order.length < steps * batch; epoch++) {
    const random = seededRandom(seed + epoch * 0x9e3779b9);
    order.push(...random.shuffle(Array.from({ length: samples }, (_, i) => i)));
  }
  return Array.from({ length: steps }, (_, step) => order.slice(step * batch, (step + 1) * batch));
}

function start(retries: number): Position {
  return { step: 0, retries, losses: [], tokens: 0, elapsedMs: 0 };
}

/**
 * Two ways of running away. The level rises to twice that of the first step (which the model as it was answers for)
 * and by more than a nat: no noise. Or it stays at that of guessing: the matrices have grown so large that the
 * normalisation drowns everything else.
 */
function ranAway(losses: readonly number[], guessing: number): boolean {
  const level = mean(losses.slice(-WINDOW));
  if (losses.length > WINDOW && level > 2 * losses[0]! + 1) return true;
  return losses.length > 2 * WINDOW && level > 0.95 * guessing;
}

function diverged(step: number, steps: number): UnderstudyError {
  return new UnderstudyError(
    'diverged',
    `The training ran away at step ${step + 1} of ${steps}, at a lower learning rate too.`,
    { hint: 'Lower learningRate in the recipe, or look for odd examples in the dataset.' },
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Tokens per second of this process; the first step warms up and counts only while it is alone. */
class Speed {
  private tokens = 0;
  private ms = 0;
  private count = 0;

  add(tokens: number, ms: number): void {
    this.count++;
    if (this.count === 2) {
      this.tokens = 0;
      this.ms = 0;
    }
    this.tokens += tokens;
    this.ms += ms;
  }

  perSecond(): number {
    return (this.tokens / Math.max(1, this.ms)) * 1000;
  }
}
