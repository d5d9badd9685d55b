/** The program of the process that trains a LoRA: from the examples of one job, which trainer.ts sends, to an adapter. */

import { UnderstudyError } from '../../core/errors.ts';
import type { TrainingCard } from '../card.ts';
import { deleteCheckpoint } from '../engine/checkpoint.ts';
import type { StepReport } from '../engine/loop.ts';
import { serveJob } from '../engine/worker.ts';
import { stepFigures } from '../figures.ts';
import { writeAdapter } from './adapter.ts';
import { loraConfig } from './lora.ts';
import type { Recipe } from './recipe.ts';
import { openTokenizer, type TrainingText, tokeniseExamples } from './tokenise.ts';
import { trainLora } from './train.ts';
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
  const trained = await trainLora({
    weights,
    samples,
    recipe,
    threads,
    memoryBytes,
    onStep,
    seed: job.seed,
    checkpoint: { path: job.checkpointPath, job: job.hash, everyMs: job.checkpointMs },
  });
  await tokenizer.close();
  writeAdapter(job.adapterPath, {
    shape: weights.shape,
    lora: loraConfig(recipe),
    parameters: trained.parameters,
    base: job.base,
  });
  deleteCheckpoint(job.checkpointPath);
  return {
    trainedMs: Math.round(trained.elapsedMs),
    figures: {
      examples: samples.length,
      skippedExamples: skipped,
      ...stepFigures(trained),
      peakMemoryMb: Math.round(process.resourceUsage().maxRSS / 1024),
    },
  };
}

serveJob(work);
