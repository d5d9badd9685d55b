/**
 * A thread that records large exchanges, seen from the event loop: bytes go in, and that they are in the journal comes
 * back. Nothing here takes longer than a copy of some megabytes.
 * Does not: share the exchanges out among threads (exchange-threads.ts).
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Config } from '../core/config.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { Feedback } from '../core/feedback.ts';
import type { RawBody, RawExchange } from '../core/online.ts';
import type { SealedPart } from '../core/store.ts';
import { workerQueue } from '../core/worker-queue.ts';
import { closeLeftovers } from './journal.ts';
import type { Piece, ReadPiece } from './live-redaction.ts';
import type { SealingKeys } from './vault.ts';

export interface ExchangeThread {
  /** Reads a long piece of a live request, as readPiece does. @throws as `record`. */
  read(piece: Piece, keep: readonly string[], key: Uint8Array): Promise<ReadPiece>;
  /** @throws UnderstudyError 'overloaded' while too much is waiting, 'internal' where the thread failed. */
  record(exchange: RawExchange, keys: SealingKeys, onCopied?: () => void): Promise<void>;
  /** Long feedback that came at `at`. @throws as `record`. */
  feedback(feedback: Feedback, at: number, keys: SealingKeys): Promise<void>;
  rotate(): void;
  /** Lets the thread finish what it was given, within `graceMs`; what is left fails. */
  close(graceMs: number): Promise<void>;
}

/** What the thread is started with. */
export interface ThreadSettings {
  readonly dir: string;
  readonly redaction: Config['redaction'];
  readonly maxBodyBytes: number;
  readonly segmentBytes: number | null;
  /** Marks the thread's segments, so that those of a thread that died can be told from other writers'. */
  readonly label: string;
}

export type ThreadRequest =
  | { readonly type: 'record'; readonly exchange: RawExchange; readonly keys: SealingKeys }
  | {
      readonly type: 'read';
      readonly piece: Piece;
      readonly keep: readonly string[];
      readonly key: Uint8Array;
    }
  | {
      readonly type: 'feedback';
      readonly feedback: Feedback;
      readonly at: number;
      readonly keys: SealingKeys;
    }
  | { readonly type: 'rotate' }
  | { readonly type: 'close' };

/** The answer to 'record' and 'read'. `error`: the kind of what went wrong, never its message, which might quote a payload. */
export interface ThreadReply {
  readonly error: string | null;
  /** A piece that was to be read. */
  readonly read?: ReadPiece;
  /** What was sealed for the first time, by content. */
  readonly sealed: readonly (readonly [contentId: string, part: SealedPart])[];
}

/** Larger parts are not told: to receive them would take the event loop's time. */
export const MAX_TOLD_BYTES = 16 * 1024;

/** Pieces and exchanges that may wait before further pieces are refused. */
const MAX_READING = 200;
/** Bytes that may wait for the thread before further exchanges are refused. */
const MAX_WAITING = 256 * 1024 * 1024;
/** Bytes copied in one turn of the event loop: about a millisecond. */
const COPY_BYTES = 2 * 1024 * 1024;
/** What a piece costs beside its bytes, in bytes. */
const COPY_COST = 2048;
/** What is copied without waiting for earlier copies. */
const COPY_AT_ONCE_BYTES = 256 * 1024;
/** A body of 32 MB of small JSON values is several times as large once it is parsed. */
const THREAD_MEMORY_MB = 2048;

/** A body of 32 MB takes some ten seconds; a thread that is busy with one for longer does not come back. */
const MAX_MS = 120_000;

export interface ThreadOptions extends ThreadSettings {
  readonly onSealed: (contentId: string, part: SealedPart) => void;
  /** Longest time for one exchange or piece, milliseconds. Default: 120,000. */
  readonly maxMs?: number;
  /** Default: 2,048. */
  readonly memoryMb?: number;
  /** The thread's program. Default: exchange-worker. */
  readonly program?: URL;
}

export function openExchangeThread(options: ThreadOptions): ExchangeThread {
  const { onSealed, maxMs = MAX_MS, memoryMb = THREAD_MEMORY_MB, program, ...settings } = options;
  const ending = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const url = program ?? new URL(`./exchange-worker${ending}`, import.meta.url);
  let waitingBytes = 0;
  const thread = workerQueue<ThreadRequest, ThreadReply>({
    start: () =>
      new Worker(url, {
        workerData: settings,
        resourceLimits: { maxOldGenerationSizeMb: memoryMb },
      }),
    failure,
    maxMs,
    // What it has written is whole: a segment that stays open would be read at every drain, and never removed.
    onEnd: () => closeLeftovers(settings.dir, settings.label),
  });
  const ask = async (
    request: ThreadRequest,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<ReadPiece | undefined> => {
    const { error, read, sealed } = await thread.ask(request, transfer);
    for (const [contentId, part] of sealed) onSealed(contentId, part);
    if (error !== null) throw failure(error);
    return read;
  };

  return {
    async read(piece, keep, key) {
      if (thread.waiting > MAX_READING) throw failure('too much is waiting');
      const read = await ask({ type: 'read', piece, keep, key });
      if (read) return read;
      throw failure('no reply');
    },
    async record(exchange, keys, onCopied) {
      const size = sizeOfExchange(exchange);
      if (waitingBytes > 0 && waitingBytes + size > MAX_WAITING) {
        throw new UnderstudyError('overloaded', 'Too many large calls wait to be recorded.', {
          hint: 'They are recorded one after the other; nothing needs to be done unless it lasts.',
        });
      }
      waitingBytes += size;
      try {
        // What fits one turn waits for no other's copy.
        const copyOf = size <= COPY_AT_ONCE_BYTES ? copyInTurns : copyInOrder;
        const request = await copyOf(exchange.request);
        const response = exchange.response && { ...exchange.response, ...(await copyOf(exchange.response)) };
        onCopied?.();
        const buffers = [...request.chunks, ...(response?.chunks ?? [])].map((chunk) => chunk.buffer);
        const copied = { ...exchange, request, response };
        await ask({ type: 'record', keys, exchange: copied }, buffers as ArrayBuffer[]);
      } finally {
        waitingBytes -= size;
      }
    },
    feedback: async (feedback, at, keys) => {
      if (thread.waiting > MAX_READING) throw failure('too much is waiting');
      await ask({ type: 'feedback', feedback, at, keys });
    },
    rotate: () => thread.tell({ type: 'rotate' }),
    close: async (graceMs) => {
      await thread.close(graceMs, { type: 'close' });
      closeLeftovers(settings.dir, settings.label);
    },
  };
}

/** Bytes of both bodies, as they came. */
export function sizeOfExchange({ request, response }: RawExchange): number {
  return sizeOf(request) + (response ? sizeOf(response) : 0);
}

function sizeOf({ chunks }: RawBody): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

/** One copy at a time, so that many at once take no more of a turn. */
let copiedInTurn = 0;
let copying: Promise<unknown> = Promise.resolve();

/** The body in memory of its own, which can be handed to the thread; the event loop runs in between. */
function copyInOrder(body: RawBody): Promise<RawBody> {
  const copied = copying.then(() => copyInTurns(body));
  copying = copied.catch(() => {});
  return copied;
}

/** In one piece, however many there were: what is moved costs by the piece. */
async function copyInTurns(body: RawBody): Promise<RawBody> {
  const copy = new Uint8Array(sizeOf(body));
  let filled = 0;
  for (const chunk of body.chunks) {
    for (let at = 0; at < chunk.length; at += COPY_BYTES) {
      const piece = chunk.subarray(at, at + COPY_BYTES);
      copy.set(piece, filled);
      filled += piece.length;
      copiedInTurn += piece.length + COPY_COST;
      if (copiedInTurn >= COPY_BYTES) {
        await nextTurn();
        copiedInTurn = 0;
      }
    }
  }
  return { chunks: [copy], encoding: body.encoding };
}

function failure(why: string): UnderstudyError {
  return new UnderstudyError('internal', `A large call could not be recorded (${why}).`, {
    hint: 'The call itself was answered, and other calls are recorded. Too little memory is the usual cause.',
  });
}
