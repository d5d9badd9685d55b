/**
 * The contexts of a base model, one for each adapter: opened when they are first needed, and closed when others need the place
 * and no request holds them.
 * Does not: load the base model, or decode (language.ts).
 */
import type { LlamaContext, LlamaContextSequence, LlamaModel } from 'node-llama-cpp';
import { messageOf, UnderstudyError } from '../../core/errors.ts';
import { mergedCopy } from '../../models/decoder/merge.ts';
import { type Pool, pool } from '../pool.ts';
import type { Progress } from './pulse.ts';

export interface ContextOptions {
  readonly modelPath: string;
  /** Folder of the copies of it that are served. Default: its own. */
  readonly copiesDir?: string | undefined;
  readonly threads: number;
  /** Requests of one adapter that are decoded together. */
  readonly sequences: number;
  /** Longest prompt and answer together, in tokens. */
  readonly contextTokens: number;
}

interface Context {
  close(): Promise<void>;
  readonly sequences: Pool<LlamaContextSequence>;
}

export interface Kept {
  readonly opening: Promise<Context>;
  /** Requests that hold it, from before it is open: what they hold is not let go. */
  users: number;
}

/** @throws UnderstudyError 'unavailable' where the adapter cannot be loaded. */
export async function openContext(
  model: LlamaModel,
  adapter: string | undefined,
  options: ContextOptions,
  progress: Progress,
): Promise<Context> {
  const create = (from: LlamaModel, lora: string | undefined): Promise<LlamaContext> =>
    progress.step(() =>
      from.createContext({
        sequences: options.sequences,
        contextSize: options.contextTokens,
        batchSize: 512,
        threads: options.threads,
        ...(lora === undefined ? {} : { lora }),
      }),
    );
  let own: LlamaModel | null = null;
  try {
    const merged =
      adapter === undefined
        ? null
        : await mergedCopy(options.modelPath, adapter, {
            further: progress.further,
            ...(options.copiesDir === undefined ? {} : { copiesDir: options.copiesDir }),
          });
    if (merged !== null)
      own = await progress.step(() => model.llama.loadModel({ modelPath: merged, gpuLayers: 0 }));
    const context = await create(own ?? model, own === null ? adapter : undefined);
    const sequences = Array.from({ length: options.sequences }, () => context.getSequence());
    const close = async (): Promise<void> => {
      await context.dispose();
      await own?.dispose();
    };
    return { close, sequences: pool(sequences) };
  } catch (cause) {
    await own?.dispose();
    throw new UnderstudyError('unavailable', `The adapter cannot be loaded: ${messageOf(cause)}`, {
      hint: 'Train the task again, or free some memory.',
      status: 503,
      cause,
    });
  }
}

/** Frees a context that is no longer to be kept: now, or after the last request that holds it. */
export async function letGo(contexts: ReadonlyMap<string, Kept>, name: string, kept: Kept): Promise<void> {
  if (kept.users > 0 || contexts.get(name) === kept) return;
  await kept.opening.then((context) => context.close()).catch(() => undefined);
}

/** Lets go of contexts that no request holds, least recently used first, until no more than `limit` are left. */
export async function makeRoom(contexts: Map<string, Kept>, limit: number): Promise<void> {
  for (const [name, kept] of [...contexts]) {
    if (contexts.size <= limit) return;
    if (kept.users > 0 || contexts.get(name) !== kept) continue;
    contexts.delete(name);
    await letGo(contexts, name, kept);
  }
}
