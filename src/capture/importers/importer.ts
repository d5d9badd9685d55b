/** What an importer is: a format of recorded calls, one JSON record a line. */
import type { Call } from '../../core/call.ts';
import type { Json } from '../../core/json.ts';

/** A call as a file tells it. What the file does not tell is null, and filled in by import.ts. */
export interface ImportedCall extends Pick<Call, 'request' | 'response' | 'status' | 'latencyMs' | 'tags'> {
  /** Epoch milliseconds. */
  readonly at: number | null;
  /** Null: the calls of one record are a session of their own. */
  readonly sessionId: string | null;
}

/** The calls in a record, or why there are none. Reasons hold no payload. */
export type ReadRecord = { readonly calls: readonly ImportedCall[] } | { readonly skipped: string };

/** One run over one or several files of a format. */
export interface ImportReader {
  /** Never throws, whatever the record. */
  read(record: Json): ReadRecord;
  /** How many records waited in vain for another one (the request of a response, …), by reason. */
  end(): Readonly<Record<string, number>>;
}

export interface Importer {
  /** Like 'openai-chat'. */
  readonly name: string;
  /** Whether a file whose first record is this is of the format. Formats do not overlap. */
  detect(record: Json): boolean;
  begin(): ImportReader;
}

/** A reader for formats whose records stand for themselves. */
export function singleRecords(read: (record: Json) => ReadRecord): ImportReader {
  return { read, end: () => ({}) };
}
