/**
 * What people look at: lists that are read a page at a time, newest first, and sums over many calls. Nothing here is
 * payload. Reading them may take a database a while, so that whoever serves calls leaves it to another process.
 * Does not: hold the calls themselves (core/store.ts).
 */
import type { EscalationReason, Served } from './call.ts';
import type { CallCursor, Event, StoredCall } from './store.ts';

export interface CallListFilter {
  /** Epoch milliseconds, included. */
  readonly since?: number;
  /** Epoch milliseconds, included. */
  readonly until?: number;
  readonly taskId?: string;
  readonly servedBy?: 'llm' | 'specialist';
  readonly reason?: Served['reason'];
  /** Only calls that come after this one in the list: earlier ones. */
  readonly before?: CallCursor;
  readonly limit: number;
}

/** Calls of the same time, task, reason and kind (model and tags), added up. */
export interface CallSum {
  /** Beginning of the bucket, epoch milliseconds: a multiple of its length from `since` on. */
  readonly at: number;
  /** Null where no task was recognised. */
  readonly taskId: string | null;
  readonly reason: Served['reason'];
  /** Part that holds the model's name. */
  readonly aboutPart: string;
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
}

/** How calls were answered, as far as their latency is concerned. */
export type LatencyClass = 'specialist' | 'llm' | 'escalated';

/** Milliseconds that agents waited, in one bucket. */
export interface LatencySum {
  readonly at: number;
  readonly served: LatencyClass;
  readonly calls: number;
  readonly p50: number;
  readonly p95: number;
}

export interface SumFilter {
  /** Epoch milliseconds, included. */
  readonly since: number;
  /** Epoch milliseconds, excluded. */
  readonly until: number;
  readonly bucketMs: number;
  readonly taskId?: string;
}

export interface EventListFilter {
  readonly kind?: string;
  readonly subject?: string;
  /** The cursor of a page: only events that come after it in the list, which are earlier ones. */
  readonly before?: number;
  /** The cursor of a list's first event: only later ones. */
  readonly after?: number;
  readonly limit: number;
}

export interface ListedEvent extends Event {
  readonly cursor: number;
}

/** Answers in shadow that were not compared, because none of them would have been used, by why. */
export interface UnusedAnswers {
  readonly deploymentId: string;
  readonly reason: EscalationReason;
  readonly answers: number;
}

export interface FigureStore {
  /** Adds to what is kept. */
  addUnused(unused: readonly UnusedAnswers[]): Promise<void>;
  /** Of all deployments. */
  unused(): Promise<readonly UnusedAnswers[]>;
  /** Newest first, by time and then id. The LLM's answers to audits are calls too. */
  listCalls(filter: CallListFilter): Promise<readonly StoredCall[]>;
  /** One call by its id; null where it is not stored. */
  callOf(id: string): Promise<StoredCall | null>;
  /** Sums by bucket, in the order of time. */
  callSums(filter: SumFilter): Promise<readonly CallSum[]>;
  /** Latencies by bucket, of calls with a status below 400 and without answers to audits, which no agent waited for. */
  latencySums(filter: SumFilter): Promise<readonly LatencySum[]>;
  /** Newest first, in the order in which they were added. */
  listEvents(filter: EventListFilter): Promise<readonly ListedEvent[]>;
}
