/**
 * The peft trainer: LoRA and QLoRA by PyTorch and PEFT in a Python process of the user's, on a GPU where there is
 * one. Tokens, order, rates and first parameters are those of the embedded trainer, and so is the adapter's file:
 * what serves one serves the other.
 * Does not: install Python or its packages, or use the network.
 */

import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { UnderstudyError } from '../../core/errors.ts';
import { contentHash } from '../../core/ids.ts';
import type { OnProgress } from '../../core/progress.ts';
import type { Trainer, TrainingJob } from '../../core/runtime.ts';
import type { Artefact } from '../../core/specialist.ts';
import { rotaryRow } from '../../models/decoder/rotary-rows.ts';
import { trainingCancelled } from '../cancelled.ts';
import { artefactOf, finishedCard, writeCard } from '../card.ts';
import { writeAdapter } from '../embedded/adapter.ts';
import type { DecoderShape } from '../embedded/architecture.ts';
import { initialLora, type LoraMatrix, loraConfig, loraLayout, matrixOf } from '../embedded/lora.ts';
import { type MeasuredSpeed, proposeLora } from '../embedded/plan.ts';
import { openTokenizer, type TrainingText, tokeniseExamples, trainingTexts } from '../embedded/tokenise.ts';
import { readDecoderShape } from '../embedded/weights.ts';
import { stepOrder } from '../engine/loop.ts';
import { learningRate, stepCount } from '../engine/schedule.ts';
import { stepFigures } from '../figures.ts';
import { type LocalOptions, localOptions } from '../local.ts';
import { checkRecipe } from '../recipe.ts';
import type { ToWorker } from './messages.ts';
import { runWorker } from './process.ts';
import { type PeftRecipe, peftRecipeSchema } from './recipe.ts';

export interface PeftOptions extends LocalOptions {
  /** Path or name of a Python that has the packages of requirements.txt. */
  readonly python: string;
  /** Path of the GGUF file that serves, by its catalogue name. @throws UnderstudyError 'unavailable'. */
  readonly basePath: (catalogueName: string) => Promise<string>;
  /** Hugging Face folder of the same model, to train on instead of the GGUF file; QLoRA needs it. */
  readonly model?: string | undefined;
  /** Default: a GPU where there is one. */
  readonly device?: 'cpu' | 'cuda' | undefined;
  /** Where the candidate's recipe does not tell: lora. */
  readonly method?: PeftRecipe['method'] | undefined;
}

/** Changes when the same job would give another adapter. */
const VERSION = 2;
/** On SmolLM2-135M with two threads and no GPU (docs/trainers.md). */
const MEASURED: MeasuredSpeed = { tokensPerSecond: 165, parameters: 135e6, threads: 2 };
/** Architectures whose GGUF files transformers reads as llama.cpp does: tested, each with the same losses. */
const READ_FROM_GGUF: readonly string[] = ['llama', 'qwen2', 'qwen3'];

export function peftTrainer(options: PeftOptions): Trainer {
  return {
    name: 'peft',
    propose: (_, { splits }, limits) =>
      proposeLora(splits.train, limits, { measured: MEASURED, threads: localOptions(options).threads }),
    train: (job, on, signal) => train(options, job, on, signal),
  };
}

async function train(
  options: PeftOptions,
  job: TrainingJob,
  on?: OnProgress,
  signal?: AbortSignal,
): Promise<Artefact> {
  const { hash, base, basePath, recipe, shape, texts, answerKeys } = await prepare(job, options);
  const path = join(job.dir, `adapter-${hash}.gguf`);
  const done = finishedCard(hash, path);
  if (done) return artefactOf(done, job.candidate, path, answerKeys);
  if (signal?.aborted) throw trainingCancelled();

  const subject = job.candidate.taskId;
  const tokenizer = await openTokenizer(basePath);
  const { samples, skipped } = tokeniseExamples(tokenizer, texts, recipe);
  await tokenizer.close();
  if (samples.length === 0)
    throw new UnderstudyError('bad-input', 'No example fits into maxTokens with its completion.', {
      hint: 'Raise maxTokens in the recipe.',
    });
  const steps = stepCount(samples.length, recipe);
  const layout = loraLayout(shape, loraConfig(recipe));
  const parametersPath = join(job.dir, `parameters-${hash}.bin`);
  const checkpointPath = join(job.dir, 'checkpoint.pt');
  const work: ToWorker = {
    hash,
    model: options.model === undefined ? { gguf: basePath } : { folder: options.model },
    shape,
    method: recipe.method,
    recipe,
    samples,
    layout,
    parametersPath,
    checkpointPath,
    order: stepOrder(samples.length, recipe.batch, steps, job.seed),
    rates: Array.from({ length: steps }, (_, step) => learningRate(recipe, step, steps)),
    initial: Buffer.from(initialLora(layout, job.seed).buffer).toString('base64'),
    ...(options.device === undefined ? {} : { device: options.device }),
    ...localOptions(options),
  };
  on?.({ step: 'train', subject, done: 0, total: steps, note: 'Python reads the weights' });
  const result = await runWorker(
    options.python,
    work,
    (said) => {
      if (said.type !== 'step') return;
      const { step, loss, tokensPerSecond, leftMs } = said.report;
      const note = `loss ${loss.toFixed(3)}, ${Math.round(tokensPerSecond)} tokens/s`;
      on?.({ step: 'train', subject, done: step, total: steps, leftMs, note });
    },
    signal,
  );

  mkdirSync(job.dir, { recursive: true, mode: 0o700 });
  const trained = readFileSync(parametersPath);
  const parameters = new Float32Array(new Uint8Array(trained).buffer);
  writeAdapter(path, {
    shape,
    lora: loraConfig(recipe),
    parameters: toGgufRows(parameters, layout, shape),
    base,
  });
  const card = writeCard(path, {
    job: hash,
    trainer: 'peft',
    base,
    recipe,
    seed: job.seed,
    trainedMs: Math.round(result.elapsedMs),
    figures: {
      examples: samples.length,
      skippedExamples: skipped,
      ...stepFigures(result),
      peakMemoryMb: result.peakMemoryMb,
      gpu: result.device === 'cuda' ? 1 : 0,
    },
  });
  rmSync(parametersPath);
  for (const path of [checkpointPath, `${checkpointPath}.part`]) rmSync(path, { force: true });
  return artefactOf(card, job.candidate, path, answerKeys);
}

interface PreparedJob {
  readonly hash: string;
  readonly base: string;
  readonly basePath: string;
  readonly recipe: PeftRecipe;
  readonly shape: DecoderShape;
  readonly texts: readonly TrainingText[];
  readonly answerKeys: readonly string[] | null;
}

/** Refuses what cannot be trained, before anything is done. */
async function prepare(job: TrainingJob, options: PeftOptions): Promise<PreparedJob> {
  const { rung, base } = job.candidate;
  if (rung !== 'lora' || base === null)
    throw new UnderstudyError('unsupported', `The peft trainer makes LoRA adapters, not '${rung}'.`, {
      hint: 'Give it a candidate of the rung lora with a base model.',
    });
  const { method = 'lora', model, device } = options;
  const recipe = checkRecipe(peftRecipeSchema, { method, ...job.candidate.recipe }, 'peft');
  if (recipe.method === 'qlora' && (model === undefined || device === 'cpu'))
    throw new UnderstudyError(
      'unsupported',
      device === 'cpu'
        ? 'QLoRA needs a GPU, and the device is cpu.'
        : 'QLoRA quantises the base itself, so it cannot start from the GGUF file.',
      {
        hint: 'Set train.peft.model to a Hugging Face folder, on a machine with a GPU, or use the method lora.',
      },
    );
  if (job.train.length === 0)
    throw new UnderstudyError('bad-input', 'There is no example to train on.', {
      hint: 'Capture more calls of this task first.',
    });
  const basePath = await options.basePath(base);
  const shape = readDecoderShape(basePath);
  if (model === undefined && !READ_FROM_GGUF.includes(shape.architecture))
    throw new UnderstudyError(
      'unsupported',
      `PyTorch does not read a ${shape.architecture} model from its GGUF file as it is served.`,
      { hint: 'Set train.peft.model to the Hugging Face folder of the model, or use the embedded trainer.' },
    );
  const { texts, answerKeys } = trainingTexts(job.train);
  const of = { version: VERSION, trainer: 'peft', base, model, recipe, seed: job.seed, texts, answerKeys };
  const hash = contentHash(JSON.stringify(of), 16);
  return { hash, base, basePath, recipe, shape, texts, answerKeys };
}

/**
 * From Hugging Face's order of rows to that of the GGUF file. A rotary pair stands half a head apart in the one and,
 * for the llama architecture, side by side in the other (llama.cpp, convert_hf_to_gguf.py, LlamaModel.permute), so the
 * rows of B move where the layer's output is rotated: queries and keys.
 */
export function toGgufRows(
  parameters: Float32Array,
  layout: readonly LoraMatrix[],
  { headSize, rotaryPairs }: Pick<DecoderShape, 'headSize' | 'rotaryPairs'>,
): Float32Array {
  const out = parameters.slice();
  if (rotaryPairs === 'halves') return out;
  for (const matrix of layout) {
    if (matrix.part === 'a' || (matrix.linear !== 'attn_q' && matrix.linear !== 'attn_k')) continue;
    const from = matrixOf(parameters, matrix);
    const to = matrixOf(out, matrix);
    for (let row = 0; row < matrix.rows; row++) {
      const source = rotaryRow(row, headSize);
      to.set(from.subarray(source * matrix.cols, (source + 1) * matrix.cols), row * matrix.cols);
    }
  }
  return out;
}
