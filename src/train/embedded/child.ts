/** The program of the process that trains a LoRA: from the examples of one job, which trainer.ts sends, to an adapter. */
import { UnderstudyError } from '../../core/errors.ts';
import type { TrainingCard } from '../card.ts';
import { deleteCheckpoint } from '../engine/checkpoint.ts';
import type { StepReport } from '../engine/loop.ts';
import { stepCount } from '../engine/schedule.ts';
import { serveJob } from '../engine/worker.ts';
import { writeAdapter } from './adapter.ts';
import type { Sample } from './batch.ts';
import { FOLDS, type GetsWrong, misanswered, withHandOver } from './hand-over.ts';
import { loraPlan } from './lora.ts';
import type { Recipe } from './recipe.ts';
import { openTokenizer, type TrainingText, tokeniseExamples } from './tokenise.ts';
import { type TrainedLora, trainLora } from './train.ts';
import { readDecoder } from './weights.ts';

export interface LoraJob {
  /** Hash of everything that the result depends on. */
  readonly hash: string;
  readonly basePath: string;
  /** Catalogue name of the base. */
  readonly base: string;
  readonly examples: readonly TrainingText[];
  readonly recipe: Recipe;
  readonly seed: number;
  readonly threads: number;
  readonly memoryBytes: number;
  readonly adapterPath: string;
  readonly checkpointPath: string;
  readonly checkpointMs: number;
}

/** What is worth keeping of the run. */
export type LoraRun = Pick<TrainingCard, 'trainedMs' | 'figures'>;

/** What is added to the checkpoint's name for a fold of handOver. */
const foldPart = (fold: number): string => `-${fold}`;
/** All that a checkpoint's name can end in, by this recipe or by another one that a kill left. */
const PARTS: readonly string[] = ['', ...Array.from({ length: FOLDS }, (_, fold) => foldPart(fold))];

async function work(job: LoraJob, onStep: (report: StepReport) => void): Promise<LoraRun> {
  const { recipe, examples, threads, memoryBytes } = job;
  const weights = readDecoder(job.basePath);
  const tokenizer = await openTokenizer(job.basePath);
  const { samples, skipped } = tokeniseExamples(tokenizer, examples, recipe);
  if (samples.length === 0) {
    throw new UnderstudyError('bad-input', 'No example fits into maxTokens with its completion.', {
      hint: 'Raise maxTokens in the recipe.',
    });
  }
  const over = { steps: 0, elapsedMs: 0 };
  /** @param more Steps of the trainings that are to come after this one, about. */
  const train = async (samples: readonly Sample[], part = '', more = 0): Promise<TrainedLora> => {
    const path = job.checkpointPath + part;
    const { steps: before } = over;
    const trained = await trainLora({
      ...{ weights, samples, recipe, seed: job.seed, threads, memoryBytes },
      checkpoint: { path, job: job.hash + part, everyMs: job.checkpointMs },
      onStep: (report) => onStep(amongOthers(report, before, more)),
    });
    over.steps += trained.losses.length;
    over.elapsedMs += trained.elapsedMs;
    return trained;
  };
  const getsWrong: GetsWrong = async (held, known, fold) => {
    const others = tokeniseExamples(tokenizer, known, recipe).samples;
    if (others.length === 0) return [];
    const more = Math.round(stepCount(samples.length, recipe) * (1 + (FOLDS - 1 - fold) / FOLDS));
    const { parameters } = await train(others, foldPart(fold), more);
    return misanswered(held, { weights, parameters, recipe, tokenizer, threads, memoryBytes });
  };
  const { handOver } = recipe;
  const taught = handOver === 0 ? examples : await withHandOver(examples, handOver, getsWrong);
  const trained = await train(
    taught === examples ? samples : tokeniseExamples(tokenizer, taught, recipe).samples,
  );
  await tokenizer.close();
  writeAdapter(job.adapterPath, {
    shape: weights.shape,
    plan: loraPlan(recipe),
    parameters: trained.parameters,
    base: job.base,
  });
  const tail = trained.losses.slice(-Math.max(1, Math.round(trained.losses.length / 10)));
  for (const part of PARTS) deleteCheckpoint(job.checkpointPath + part);
  return {
    trainedMs: Math.round(over.elapsedMs),
    figures: {
      examples: samples.length,
      skippedExamples: skipped,
      handOverExamples: taught.length - examples.length,
      steps: trained.losses.length,
      tokens: trained.tokens,
      tokensPerSecond: (trained.tokens / trained.elapsedMs) * 1000,
      firstLoss: trained.losses[0] ?? 0,
      finalLoss: tail.reduce((sum, loss) => sum + loss, 0) / tail.length,
      peakMemoryMb: Math.round(process.resourceUsage().maxRSS / 1024),
    },
  };
}

/** A step of one of several trainings as a step of them all: `before` are over, `more` come after this training. */
function amongOthers(report: StepReport, before: number, more: number): StepReport {
  const stepMs = (1000 * report.tokens) / report.step / report.tokensPerSecond;
  return {
    ...report,
    step: before + report.step,
    steps: before + report.steps + more,
    leftMs: report.leftMs + more * stepMs,
  };
}

serveJob(work);
