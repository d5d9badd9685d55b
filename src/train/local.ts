/** What every trainer that works on this machine is told about it. Does not: train. */
import { availableParallelism } from 'node:os';

export interface LocalOptions {
  /** All cores unless told. */
  readonly threads?: number;
  /** How often the state is saved, milliseconds; every half minute unless told. */
  readonly checkpointMs?: number;
}

/** The options with what was not told. */
export function localOptions({ threads, checkpointMs }: LocalOptions): Required<LocalOptions> {
  return { threads: threads ?? availableParallelism(), checkpointMs: checkpointMs ?? 30_000 };
}
