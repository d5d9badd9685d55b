/**
 * The process that trains: it may use much memory and block its thread, and takes both with it when it ends.
 * Started by trainer.ts, which sends one job; examples come over the channel and are never written to disk.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { freemem, setPriority } from 'node:os';
import { UnderstudyError } from '../../core/errors.ts';
import { writeAdapter } from './adapter.ts';
import { deleteCheckpoint } from './checkpoint.ts';
import { loraPlan, trainLora } from './loop.ts';
import type { FromChild, ToChild } from './messages.ts';
import { openTokenizer, tokeniseExamples } from './tokenise.ts';
import { blockBytes, readDecoder } from './weights.ts';

/** Below every other process's priority, so that training takes only what nobody else wants. */
const LOW_PRIORITY = 10;
/** Memory that prepacked weights may use: twice the weights of the blocks, and room for the rest. */
const PREPACK_FREE_BYTES = 8 * 2 ** 30;
/** The serialised graph may have 2 GiB (models/onnx.ts); its nodes take a few MB of them. */
const PREPACK_GRAPH_BYTES = 2 ** 31 - 2 ** 25;
/** Trainings shorter than this do not win back the longer start. */
const PREPACK_TOKENS = 40_000;
const CHECKPOINT_MS = 30_000;

function send(message: FromChild): Promise<void> {
  return new Promise((sent) => {
    process.send?.(message, () => sent());
  });
}

async function train({ job }: ToChild): Promise<void> {
  const { recipe } = job;
  const weights = readDecoder(job.basePath);
  const tokenizer = await openTokenizer(job.basePath);
  const { samples, skipped } = tokeniseExamples(tokenizer, job.examples, recipe);
  await tokenizer.close();
  if (samples.length === 0) {
    throw new UnderstudyError('bad-input', 'No example fits into maxTokens with its completion.', {
      hint: 'Raise maxTokens in the recipe.',
    });
  }
  const tokens = samples.reduce((sum, sample) => sum + sample.ids.length, 0) * recipe.epochs;
  const trained = await trainLora({
    weights,
    samples,
    recipe,
    seed: job.seed,
    threads: job.threads,
    prepack:
      tokens > PREPACK_TOKENS && freemem() > PREPACK_FREE_BYTES && blockBytes(weights) < PREPACK_GRAPH_BYTES,
    checkpoint: { path: job.checkpointPath, job: job.hash, everyMs: job.checkpointMs ?? CHECKPOINT_MS },
    onStep: (report) => void send({ type: 'step', report }),
  });
  writeAdapter(job.adapterPath, {
    shape: weights.shape,
    plan: loraPlan(recipe),
    parameters: trained.parameters,
    base: job.base,
  });
  const tail = trained.losses.slice(-Math.max(1, Math.round(trained.losses.length / 10)));
  const result = {
    job: job.hash,
    base: job.base,
    recipe,
    seed: job.seed,
    sha256: createHash('sha256').update(readFileSync(job.adapterPath)).digest('hex'),
    trainedMs: Math.round(trained.elapsedMs),
    figures: {
      examples: samples.length,
      skippedExamples: skipped,
      steps: trained.losses.length,
      tokens: trained.tokens,
      tokensPerSecond: (trained.tokens / trained.elapsedMs) * 1000,
      firstLoss: trained.losses[0] ?? 0,
      finalLoss: tail.reduce((sum, loss) => sum + loss, 0) / tail.length,
      peakMemoryMb: Math.round(process.resourceUsage().maxRSS / 1024),
    },
  };
  writeFileSync(job.cardPath, `${JSON.stringify(result, null, 2)}\n`);
  deleteCheckpoint(job.checkpointPath);
  await send({ type: 'done', result });
}

// Ctrl-C reaches the whole process group; what it means is for the parent to decide.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit(0));
process.once('message', (message: ToChild) => {
  try {
    setPriority(LOW_PRIORITY);
  } catch {
    // Some containers forbid it; training works all the same.
  }
  train(message)
    .catch((error: unknown) => {
      const known = error instanceof UnderstudyError;
      return send({
        type: 'failed',
        code: known ? error.code : 'internal',
        message: error instanceof Error ? error.message : String(error),
        hint: known ? error.hint : 'Please report this with the message.',
      });
    })
    .finally(() => process.exit(0));
});
