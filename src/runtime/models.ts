/**
 * Starts the small models of this machine: one process, behind it the encoder and the runtime of the LoRA rung.
 * Does not: fetch weights (models/weights.ts).
 */
import { availableParallelism } from 'node:os';
import type { Encoder, Runtime } from '../core/runtime.ts';
import { remoteEncoder } from './encoder.ts';
import { llamaRuntime } from './llama.ts';
import { type ModelProcess, startModelProcess } from './process.ts';

export interface Models {
  /** Null where there are no weights for it. */
  readonly encoder: Encoder | null;
  /** Rung 'lora'; null where there are no weights for the base model. */
  readonly llama: Runtime | null;
  readonly process: ModelProcess;
  close(): Promise<void>;
}

export interface ModelsOptions {
  /** Catalogue name and GGUF file of the base model. */
  readonly language?: { readonly name: string; readonly path: string } | null;
  /** Catalogue name, folder and vector size of the encoder. */
  readonly encoder?: { readonly name: string; readonly path: string; readonly dimensions: number } | null;
  /** One fewer than the cores unless told. */
  readonly threads?: number | undefined;
  /** Requests of one adapter that are decoded together. */
  readonly sequences?: number;
  readonly contextTokens?: number;
  readonly contexts?: number;
  readonly timeoutMs?: number;
}

/**
 * The process is up when this resolves; weights are loaded at the first request that needs them.
 * @throws UnderstudyError 'unavailable' where the process does not come up.
 */
export async function startModels(options: ModelsOptions): Promise<Models> {
  const { language = null, encoder = null, sequences = 8 } = options;
  const process = await startModelProcess(
    {
      threads: options.threads ?? Math.max(1, availableParallelism() - 1),
      sequences,
      contextTokens: options.contextTokens ?? 1024,
      contexts: options.contexts ?? 4,
      language: language === null ? null : { name: language.name, path: language.path },
      encoderDir: encoder?.path ?? null,
    },
    options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs },
  );
  const { client } = process;
  return {
    encoder:
      encoder === null ? null : remoteEncoder({ client, name: encoder.name, dimensions: encoder.dimensions }),
    llama:
      language === null
        ? null
        : llamaRuntime({ server: client, base: language.name, concurrency: sequences }),
    process,
    close: () => process.close(),
  };
}
