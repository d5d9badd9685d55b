/** What an importer is: a format of recorded calls, known by its records. One file may mix formats. */
import type { Call } from '../../core/call.ts';
import type { Json } from '../../core/json.ts';

/** A call as a file tells it. What the file does not tell is null, and filled in by import.ts. */
export interface ImportedCall extends Pick<Call, 'request' | 'response' | 'status' | 'latencyMs' | 'tags'> {
  /** Epoch milliseconds. */
  readonly at: number | null;
  /** Null: the calls of one record are a session of their own. */
  readonly sessionId: string | null;
}

/** Where a record stands, and what reading it needs from outside. */
export interface RecordContext {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** Epoch milliseconds of the first value that is a plausible time, whatever its unit; null where none is. */
  time(...values: readonly (Json | undefined)[]): number | null;
}

/**
 * The calls in a record, or why there are none. Reasons hold no payload.
 * `source` is what the calls are known by when they are imported again; the record itself unless given.
 */
export type ReadRecord =
  | { readonly calls: readonly ImportedCall[]; readonly source?: Json }
  | { readonly skipped: string };

/** A record that waited for another one, and what came of it when there were no more. */
export interface Leftover {
  readonly path: string;
  readonly line: number;
  readonly record: Json;
  readonly result: ReadRecord;
}

/** One run over one or several files of a format. */
export interface ImportReader {
  /** Never throws, whatever the record. A record that waits for another one has no calls yet. */
  read(record: Json, context: RecordContext): ReadRecord;
  /** The records that still wait (the request of a response, …), in their order. */
  end(): readonly Leftover[];
}

export interface Importer {
  /** Like 'openai-chat'. */
  readonly name: string;
  /** What its records look like, for people: one line, as in docs/import.md. */
  readonly looks: string;
  /** Whether a record is of the format; cheap. The first importer that says so reads it. */
  detect(record: Json): boolean;
  begin(): ImportReader;
}

/** A reader for formats whose records stand for themselves. */
export function singleRecords(read: ImportReader['read']): ImportReader {
  return { read, end: () => [] };
}
