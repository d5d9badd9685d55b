/**
 * Starts the small models of this machine: a few processes, behind them the encoder and the runtime of the LoRA rung.
 * Does not: fetch weights (models/weights/weights.ts).
 */
import { availableParallelism } from 'node:os';
import type { Encoder, Runtime, RuntimeHealth } from '../core/runtime.ts';
import type { Client } from './client.ts';
import { type Clock, systemClock } from './clock.ts';
import { remoteEncoder } from './encoder.ts';
import { createGuard, type Guard } from './guard.ts';
import { guardedClient, guardedRuntime } from './guarded.ts';
import { llamaRuntime } from './llama.ts';
import { balanceLoad } from './load-balancer.ts';
import { type ModelProcess, type ProcessOptions, startModelProcess } from './process.ts';

export interface Models {
  /** Null where there are no weights for it. */
  readonly encoder: Encoder | null;
  /** Rung 'lora'; null where there are no weights for the base model. */
  readonly llama: Runtime | null;
  /** The same for agents' calls, which a process that hangs must not hold up. */
  readonly serving: { readonly encoder: Encoder | null; readonly llama: Runtime | null };
  readonly processes: readonly ModelProcess[];
  /** One for each process, in their order. */
  health(): readonly RuntimeHealth[];
  close(): Promise<void>;
}

export interface ModelsOptions {
  /** Catalogue name and GGUF file of the base model, and where copies of it may be written. Default: beside it. */
  readonly language?: {
    readonly name: string;
    readonly path: string;
    readonly copiesDir?: string;
  } | null;
  /** Catalogue name, folder and vector size of the encoder. */
  readonly encoder?: { readonly name: string; readonly path: string; readonly dimensions: number } | null;
  /** For all processes together. Default: all cores (they run at a low priority). */
  readonly threads?: number | undefined;
  /** Requests of one adapter that are decoded together. */
  readonly sequences?: number;
  readonly contextTokens?: number;
  /** Adapters kept in memory by each process. */
  readonly contexts?: number;
  /** Longest wait for one answer. Default: five minutes, as work in bulk on a busy machine is slow. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
}

/**
 * Threads of one llama.cpp context meet at a barrier hundreds of times a token, and spin there: when another program
 * takes one core for a moment, all of them stand still (measured: 70 times slower on two busy cores). Processes with
 * few threads each do not wait for each other. More than four would only cost memory.
 */
const MAX_PROCESSES = 4;

/**
 * The processes are up when this resolves; weights are loaded at the first request that needs them.
 * @throws UnderstudyError 'unavailable' where they do not come up.
 */
export async function startModels(options: ModelsOptions): Promise<Models> {
  const { language = null, encoder = null, clock = systemClock } = options;
  const threads = options.threads ?? availableParallelism();
  const count = Math.min(threads, MAX_PROCESSES);
  const sequences = Math.max(1, Math.ceil((options.sequences ?? 8) / count));
  const processes = await startAll(
    count,
    {
      threads: Math.floor(threads / count),
      sequences,
      contextTokens: options.contextTokens ?? 1024,
      contexts: options.contexts ?? 3,
      language,
      encoderDir: encoder?.path ?? null,
    },
    { timeoutMs: options.timeoutMs ?? 300_000, clock },
  );
  const guards = processes.map((process) => guardOf(process, clock));
  const encoderBy = (clients: readonly Client[]): Encoder | null =>
    encoder && remoteEncoder({ clients, name: encoder.name, dimensions: encoder.dimensions });
  const runtimes =
    language &&
    processes.map(({ client }) =>
      llamaRuntime({ server: client, base: language.name, concurrency: sequences }),
    );
  return {
    encoder: encoderBy(processes.map(({ client }) => client)),
    llama: runtimes && balanceLoad(runtimes),
    serving: {
      encoder: encoderBy(processes.map(({ client }, i) => guardedClient(client, guards[i]!))),
      llama: runtimes && balanceLoad(runtimes.map((runtime, i) => guardedRuntime(runtime, guards[i]!))),
    },
    processes,
    health: () => guards.map((guard) => guard.health()),
    async close() {
      for (const guard of guards) guard.close();
      await Promise.all(processes.map((process) => process.close()));
    },
  };
}

/** One breaker for all that a process does: it hangs as a whole. */
function guardOf(process: ModelProcess, clock: Clock): Guard {
  const guard = createGuard({
    clock,
    alive: () => process.alive(),
    restarts: () => process.restarts(),
  });
  process.watch((responds) => (responds ? guard.back() : guard.hung()));
  return guard;
}

/** All or none. */
async function startAll(
  count: number,
  settings: Parameters<typeof startModelProcess>[0],
  options: ProcessOptions,
): Promise<readonly ModelProcess[]> {
  const starts = await Promise.allSettled(
    Array.from({ length: count }, () => startModelProcess(settings, options)),
  );
  const up = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const failed = starts.find((start) => start.status === 'rejected');
  if (failed === undefined) return up;
  await Promise.all(up.map((process) => process.close()));
  throw failed.reason;
}
