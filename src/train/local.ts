/** The options of every trainer that works on this machine. Does not: train. */
import { availableParallelism } from 'node:os';

export interface LocalOptions {
  /** Default: all cores. */
  readonly threads?: number;
  /** How often the state is saved, milliseconds. Default: half a minute. */
  readonly checkpointMs?: number;
}

/** The options with their defaults. */
export function localOptions({ threads, checkpointMs }: LocalOptions): Required<LocalOptions> {
  return { threads: threads ?? availableParallelism(), checkpointMs: checkpointMs ?? 30_000 };
}
