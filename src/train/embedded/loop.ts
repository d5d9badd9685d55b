/**
 * The training loop: steps in seeded order, AdamW, checkpoints, one retry at a lower rate when the loss runs away.
 * Does not: tokenise, or write the adapter (child.ts joins the parts).
 */
import { setImmediate } from 'node:timers/promises';
import { UnderstudyError } from '../../core/errors.ts';
import { type AdamState, adamStep, learningRate, norm } from './adamw.ts';
import { type Sample, stepOrder } from './batch.ts';
import { type Position, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { initialLora, type LoraPlan, loraLayout } from './lora.ts';
import { type Recipe, stepCount } from './recipe.ts';
import { StepRunner } from './step.ts';
import type { DecoderWeights } from './weights.ts';

export interface LoopOptions {
  readonly weights: DecoderWeights;
  readonly samples: readonly Sample[];
  readonly recipe: Recipe;
  readonly seed: number;
  readonly threads: number;
  readonly prepack: boolean;
  readonly checkpoint: {
    readonly path: string;
    /** Hash of everything that the run depends on. */
    readonly job: string;
    readonly everyMs: number;
  };
  readonly onStep?: (report: StepReport) => void;
  readonly now?: () => number;
}

export interface StepReport {
  readonly step: number;
  readonly steps: number;
  /** Mean loss of the last ten steps. */
  readonly loss: number;
  readonly tokensPerSecond: number;
  readonly leftMs: number;
}

export interface TrainedLora {
  readonly parameters: Float32Array;
  readonly losses: readonly number[];
  readonly tokens: number;
  /** Time in steps, over all processes that took part. */
  readonly elapsedMs: number;
}

/** Losses over which a level is taken. */
const WINDOW = 10;
/** The rate of the second attempt, as a share of the recipe's. */
const RETRY_RATE = 0.3;

export function loraPlan(recipe: Recipe): LoraPlan {
  const { rank, alpha, targets, firstLayer } = recipe;
  return { rank, alpha, targets, firstLayer };
}

/**
 * Trains to the end of the recipe, from the checkpoint where there is one of the same job.
 * The result depends on the options alone: a run that was killed and resumed gives the same parameters.
 * @throws UnderstudyError 'diverged' when the second attempt runs away as well.
 */
export async function trainLora(options: LoopOptions): Promise<TrainedLora> {
  const { weights, samples, recipe, checkpoint, seed } = options;
  const now = options.now ?? (() => performance.now());
  const plan = loraPlan(recipe);
  const layout = loraLayout(weights.shape, plan);
  const begin = (): Float32Array => initialLora(layout, seed);
  const parameters = begin();
  const state: AdamState = {
    parameters,
    first: new Float32Array(parameters.length),
    second: new Float32Array(parameters.length),
  };
  const steps = stepCount(samples.length, recipe);
  const order = stepOrder(samples.length, recipe.batch, steps, seed);
  const stepTokens = order.map((step) => step.reduce((sum, i) => sum + samples[i]!.ids.length, 0));
  let at: Position = readCheckpoint(checkpoint.path, checkpoint.job, state) ?? start(0);
  let left = stepTokens.slice(at.step).reduce((sum, tokens) => sum + tokens, 0);

  const runner = await StepRunner.create(weights, parameters, {
    plan,
    mode: 'train',
    prepack: options.prepack,
    threads: options.threads,
    maxTokens: Math.max(...samples.map((sample) => sample.ids.length)),
  });
  try {
    let savedAt = now();
    const speed = new Speed();
    while (at.step < steps) {
      const began = now();
      const loss = await runner.step(order[at.step]!.map((i) => samples[i]!));
      const gradientNorm = norm(runner.gradient);
      const losses = [...at.losses, loss];
      if (!Number.isFinite(loss + gradientNorm) || ranAway(losses, weights.shape.vocab)) {
        if (at.retries > 0) throw diverged(at.step, steps);
        state.parameters.set(begin());
        state.first.fill(0);
        state.second.fill(0);
        at = { ...start(1), elapsedMs: at.elapsedMs };
        left = stepTokens.reduce((sum, tokens) => sum + tokens, 0);
        continue;
      }
      adamStep(state, runner.gradient, {
        step: at.step + 1,
        rate: learningRate(recipe, at.step, steps) * RETRY_RATE ** at.retries,
        weightDecay: recipe.weightDecay,
        scale: Math.min(1, recipe.clip / (gradientNorm + 1e-6)),
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
      options.onStep?.({
        step: at.step,
        steps,
        loss: mean(losses.slice(-WINDOW)),
        tokensPerSecond: speed.perSecond(),
        leftMs: (left / speed.perSecond()) * 1000,
      });
      if (at.step < steps && now() - savedAt >= checkpoint.everyMs) {
        writeCheckpoint(checkpoint.path, checkpoint.job, at, state);
        savedAt = now();
      }
      // A run blocks the thread: let messages and signals through between two.
      await setImmediate();
    }
  } finally {
    await runner.close();
  }
  return { parameters, losses: at.losses, tokens: at.tokens, elapsedMs: at.elapsedMs };
}

function start(retries: number): Position {
  return { step: 0, retries, losses: [], tokens: 0, elapsedMs: 0 };
}

/**
 * Two ways of running away. The level rises to twice that of the first step (which the base model alone answers
 * for) and by more than a nat: no noise. Or it stays at that of guessing among the whole vocabulary: the matrices
 * have grown so large that the normalisation drowns everything else.
 */
function ranAway(losses: readonly number[], vocab: number): boolean {
  const level = mean(losses.slice(-WINDOW));
  if (losses.length > WINDOW && level > 2 * losses[0]! + 1) return true;
  return losses.length > 2 * WINDOW && level > 0.95 * Math.log(vocab);
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
