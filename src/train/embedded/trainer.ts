/**
 * The embedded trainer: LoRA on a small language model, on the CPU, in a child process of low priority.
 * The work itself is in child.ts and loop.ts; here it is started, watched, cancelled, and found again when it
 * was already done.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UnderstudyError } from '../../core/errors.ts';
import { contentHash } from '../../core/ids.ts';
import type { OnProgress } from '../../core/progress.ts';
import type { Trainer, TrainingJob } from '../../core/runtime.ts';
import type { Artefact } from '../../core/specialist.ts';
import type { FromChild, ToChild, TrainingCard } from './messages.ts';
import { parseRecipe } from './recipe.ts';
import { checkDecoder } from './weights.ts';

export interface EmbeddedOptions {
  /** Path of a base model's GGUF file, by its catalogue name. @throws UnderstudyError 'unavailable'. */
  readonly basePath: (catalogueName: string) => Promise<string>;
  /** All cores unless told. */
  readonly threads?: number;
  /** How often the state is saved; 30 s unless told. */
  readonly checkpointMs?: number;
}

/** Changes when the same job would give another adapter. */
const VERSION = 1;

export function embeddedTrainer(options: EmbeddedOptions): Trainer {
  return {
    name: 'embedded',
    rungs: ['lora'],
    train: async (job, on, signal) => {
      const message = await prepare(job, options);
      const done = finished(message);
      if (done) return artefact(done, job, message.job.adapterPath);
      if (signal?.aborted) throw cancelled();
      mkdirSync(job.dir, { recursive: true, mode: 0o700 });
      on?.({ step: 'train', subject: job.candidate.taskId, done: 0, total: 0, note: 'reading the weights' });
      const result = await runChild(message, job.candidate.taskId, on, signal);
      return artefact(result, job, message.job.adapterPath);
    },
  };
}

async function prepare(job: TrainingJob, options: EmbeddedOptions): Promise<ToChild> {
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
  checkDecoder(basePath);
  const examples = job.train.map(({ input, answer, weight }) => ({ input, answer, weight }));
  const hash = contentHash(JSON.stringify({ version: VERSION, base, recipe, seed: job.seed, examples }), 16);
  return {
    job: {
      hash,
      basePath,
      base,
      examples,
      recipe,
      seed: job.seed,
      threads: options.threads ?? availableParallelism(),
      // llama.cpp caches adapters by path: another job must have another path.
      adapterPath: join(job.dir, `adapter-${hash}.gguf`),
      cardPath: join(job.dir, `adapter-${hash}.json`),
      checkpointPath: join(job.dir, 'checkpoint'),
      ...(options.checkpointMs === undefined ? {} : { checkpointMs: options.checkpointMs }),
    },
  };
}

/** The card of the same job where it was finished before and its adapter is whole. */
function finished({ job }: ToChild): TrainingCard | null {
  if (!existsSync(job.cardPath) || !existsSync(job.adapterPath)) return null;
  try {
    const card = JSON.parse(readFileSync(job.cardPath, 'utf8')) as TrainingCard;
    const sha256 = createHash('sha256').update(readFileSync(job.adapterPath)).digest('hex');
    return card.sha256 === sha256 ? card : null;
  } catch {
    return null;
  }
}

function artefact(card: TrainingCard, job: TrainingJob, path: string): Artefact {
  return {
    rung: 'lora',
    base: job.candidate.base,
    path,
    sha256: card.sha256,
    trainedMs: card.trainedMs,
    figures: card.figures,
  };
}

function runChild(
  message: ToChild,
  subject: string,
  on: OnProgress | undefined,
  signal: AbortSignal | undefined,
): Promise<TrainingCard> {
  return new Promise((resolve, reject) => {
    const child = forkChild();
    let settled = false;
    const settle = (act: () => void): void => {
      if (settled) return;
      settled = true;
      signal?.removeEventListener('abort', abort);
      process.removeListener('exit', kill);
      act();
    };
    const kill = (): void => {
      child.kill('SIGKILL');
    };
    const abort = (): void => {
      kill();
      settle(() => reject(cancelled()));
    };
    signal?.addEventListener('abort', abort);
    process.on('exit', kill);
    child.on('message', (said: FromChild) => {
      switch (said.type) {
        case 'step': {
          const { step, steps, loss, tokensPerSecond, leftMs } = said.report;
          const note = `loss ${loss.toFixed(3)}, ${Math.round(tokensPerSecond)} tokens/s`;
          on?.({ step: 'train', subject, done: step, total: steps, leftMs, note });
          return;
        }
        case 'done':
          return settle(() => resolve(said.result));
        case 'failed':
          return settle(() => reject(new UnderstudyError(said.code, said.message, { hint: said.hint })));
      }
    });
    child.on('error', (cause) => settle(() => reject(gone(cause.message, cause))));
    child.on('exit', (code, by) => settle(() => reject(gone(by ?? `exit code ${code}`))));
    child.send(message, (error) => {
      if (error) settle(() => reject(gone(error.message, error)));
    });
  });
}

function forkChild(): ChildProcess {
  const file = import.meta.url.endsWith('.ts') ? './child.ts' : './child.js';
  const { PATH, HOME, TMPDIR } = process.env;
  return fork(fileURLToPath(new URL(file, import.meta.url)), [], {
    execArgv: [],
    // The child needs no key of ours.
    env: { PATH, HOME, TMPDIR },
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

function cancelled(): UnderstudyError {
  return new UnderstudyError('cancelled', 'The training was cancelled.', {
    hint: 'Start it again to go on from the last checkpoint.',
  });
}

function gone(how: string, cause?: unknown): UnderstudyError {
  return new UnderstudyError('internal', `The training process ended before it was done (${how}).`, {
    hint: 'Start it again to go on from the last checkpoint; too little memory is the usual cause.',
    cause,
  });
}
