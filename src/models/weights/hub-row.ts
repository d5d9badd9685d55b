/** A language model of the hub as the catalogue's files write it down, and what follows from that. */
import type { CatalogueEntry } from './entry.ts';
import { estimatedBytes, estimatedMemory } from './quantisation.ts';

export interface HubRow
  extends Pick<
    CatalogueEntry,
    | 'name'
    | 'parameters'
    | 'architecture'
    | 'context'
    | 'license'
    | 'languages'
    | 'promptFormat'
    | 'toolFormat'
    | 'tools'
  > {
  readonly quantisation: string;
  /** Of its GGUF files. */
  readonly repository: string;
  /** Name, per cent, source, date. */
  readonly benchmarks: readonly (readonly [string, number, string, string])[];
}

/** Berkeley Function-Calling Leaderboard: unweighted average of its categories. 'tools': the model's own format. */
export const BFCL4 = 'BFCL leaderboard, bfcl-eval 2025.12.17';
export const BFCL3 = 'BFCL leaderboard, data_overall.csv of ShishirPatil/gorilla';
export const TOOL_CALL_TAGS = 'JSON in <tool_call> tags';

export function entryOf({ repository, benchmarks, ...row }: HubRow): CatalogueEntry {
  return {
    kind: 'language',
    ...row,
    diskBytes: estimatedBytes(row.parameters, row.quantisation),
    memory: { bytes: estimatedMemory(row.parameters, row.quantisation), measured: false },
    benchmarks: benchmarks.map(([name, score, source, date]) => ({ name, score, source, date })),
    sources: [{ kind: 'hub', repository }],
    files: [],
  };
}
