/**
 * The embedded trainer: LoRA on a small language model, on the CPU, in a child process of low priority.
 * The work itself is in child.ts; here it is prepared, and found again when it was already done.
 */
import { mkdirSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { UnderstudyError } from '../../core/errors.ts';
import { contentHash } from '../../core/ids.ts';
import type { Trainer, TrainingJob } from '../../core/runtime.ts';
import { isTrained } from '../../models/weights/abilities.ts';
import { artefactOf, finishedCard, writeCard } from '../card.ts';
import { runJob } from '../engine/process.ts';
import { type LocalOptions, localOptions } from '../local.ts';
import type { LoraJob, LoraRun } from './child.ts';
import { type MeasuredSpeed, proposeLora } from './plan.ts';
import { parseRecipe } from './recipe.ts';
import { trainingTexts } from './tokenise.ts';
import { readDecoderShape } from './weights.ts';

export interface EmbeddedOptions extends LocalOptions {
  /** Path of a base model's GGUF file, by its catalogue name. @throws UnderstudyError 'unavailable'. */
  readonly basePath: (catalogueName: string) => Promise<string>;
  /** Most memory that a training may take. Default: half of the machine's. */
  readonly memoryBytes?: number;
}

/** Changes when the same job would give another adapter. */
const VERSION = 3;
/** On SmolLM2-135M with two threads (dev/LOG.md). */
const MEASURED: MeasuredSpeed = { tokensPerSecond: 250, parameters: 135e6, threads: 2 };

export function embeddedTrainer(options: EmbeddedOptions): Trainer {
  return {
    name: 'embedded',
    propose: (_, { splits }, limits) =>
      proposeLora(splits.train, limits, { measured: MEASURED, threads: localOptions(options).threads }).map(
        (proposal) => {
          const base = limits.bases.find(({ name }) => name === proposal.base);
          if (base === undefined || isTrained(base.architecture)) return proposal;
          return {
            ...proposal,
            refusal: { reason: `This trainer does not compute ${base.architecture} models.` },
          };
        },
      ),
    train: async (job, on, signal) => {
      const { answerKeys, ...work } = await prepare(job, options);
      const { hash, base, recipe, seed, adapterPath } = work;
      const done = finishedCard(hash, adapterPath);
      if (done) return artefactOf(done, job.candidate, adapterPath, answerKeys);
      mkdirSync(job.dir, { recursive: true, mode: 0o700 });
      const subject = job.candidate.taskId;
      on?.({ step: 'train', subject, done: 0, total: 0, note: 'reading the weights' });
      const program = new URL('./child', import.meta.url);
      const run = await runJob<LoraJob, LoraRun>(work, { program, subject, on, signal });
      const card = writeCard(adapterPath, {
        job: hash,
        trainer: 'embedded',
        base,
        recipe,
        seed,
        ...run,
      });
      return artefactOf(card, job.candidate, adapterPath, answerKeys);
    },
  };
}

async function prepare(
  job: TrainingJob,
  options: EmbeddedOptions,
): Promise<LoraJob & { readonly answerKeys: readonly string[] | null }> {
  const { rung, base } = job.candidate;
  if (rung !== 'lora' || base === null) {
    throw new UnderstudyError('unsupported', `The embedded trainer makes LoRA adapters, not '${rung}'.`, {
      hint: 'Give it a candidate of the rung lora with a base model.',
    });
  }
  const recipe = parseRecipe(job.candidate.recipe);
  if (job.train.length === 0) {
    throw new UnderstudyError('bad-input', 'There is no example to train on.', {
      hint: 'Capture more calls of this task first.',
    });
  }
  const basePath = await options.basePath(base);
  readDecoderShape(basePath);
  const { texts: examples, answerKeys } = trainingTexts(job.train);
  const of = { version: VERSION, base, recipe, seed: job.seed, examples, answerKeys };
  const hash = contentHash(JSON.stringify(of), 16);
  return {
    answerKeys,
    hash,
    basePath,
    base,
    examples,
    recipe,
    seed: job.seed,
    ...localOptions(options),
    memoryBytes: options.memoryBytes ?? totalmem() / 2,
    // llama.cpp caches adapters by path: another job must have another path.
    adapterPath: join(job.dir, `adapter-${hash}.gguf`),
    checkpointPath: join(job.dir, 'checkpoint'),
  };
}
