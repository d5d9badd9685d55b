/**
 * The thread that records large exchanges, seen from the event loop: bytes go in, and that they are in the journal comes
 * back. Nothing here takes longer than a copy of some megabytes.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Config } from '../core/config.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { RawBody, RawExchange } from '../core/online.ts';
import type { SealedPart } from '../core/store.ts';
import type { Piece, ReadPiece } from './live-redaction.ts';
import type { SealingKeys } from './vault.ts';

export interface ExchangeThread {
  /** Reads a long piece of a live request, as readPiece does. @throws as `record`. */
  read(piece: Piece, keep: readonly string[], key: Uint8Array): Promise<ReadPiece>;
  /** @throws UnderstudyError 'overloaded' while too much is waiting, 'internal' where the thread failed. */
  record(exchange: RawExchange, keys: SealingKeys, onCopied?: () => void): Promise<void>;
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
}

export type ThreadRequest =
  | {
      readonly type: 'record';
      readonly no: number;
      readonly exchange: RawExchange;
      readonly keys: SealingKeys;
    }
  | {
      readonly type: 'read';
      readonly no: number;
      readonly piece: Piece;
      readonly keep: readonly string[];
      readonly key: Uint8Array;
    }
  | { readonly type: 'rotate' }
  | { readonly type: 'close' };

/** `error`: the kind of what went wrong, never its message, which might quote a payload. */
export interface ThreadReply {
  readonly no: number;
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
/** A body of 32 MB of small JSON values is several times as large once it is parsed. */
const THREAD_MEMORY_MB = 2048;

export interface ThreadOptions extends ThreadSettings {
  readonly onSealed: (contentId: string, part: SealedPart) => void;
}

export function openExchangeThread({ onSealed, ...settings }: ThreadOptions): ExchangeThread {
  let worker: Worker | null = null;
  let closed: Promise<unknown> | null = null;
  let waitingBytes = 0;
  let no = 0;
  const waiting = new Map<number, { resolve(read?: ReadPiece): void; reject(error: unknown): void }>();

  const failAll = (why: string): void => {
    worker = null;
    for (const { reject } of waiting.values()) reject(failure(why));
    waiting.clear();
  };
  const started = (): Worker => {
    if (worker) return worker;
    const ending = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
    const thread = new Worker(new URL(`./exchange-worker${ending}`, import.meta.url), {
      workerData: settings,
      resourceLimits: { maxOldGenerationSizeMb: THREAD_MEMORY_MB },
    });
    thread.unref();
    thread.on('message', ({ no: answered, error, read, sealed }: ThreadReply) => {
      for (const [contentId, part] of sealed) onSealed(contentId, part);
      const waiter = waiting.get(answered);
      waiting.delete(answered);
      if (error === null) waiter?.resolve(read);
      else waiter?.reject(failure(error));
    });
    thread.on('error', (error: Error & { code?: string }) => {
      if (worker === thread) failAll(error.code ?? error.name);
    });
    thread.on('exit', () => {
      if (worker === thread) failAll('the thread ended');
    });
    worker = thread;
    return thread;
  };

  return {
    read: (piece, keep, key) =>
      new Promise<ReadPiece>((resolve, reject) => {
        if (waiting.size > MAX_READING) throw failure('too much is waiting');
        waiting.set(++no, {
          resolve: (read) => (read ? resolve(read) : reject(failure('no reply'))),
          reject,
        });
        started().postMessage({ type: 'read', no, piece, keep, key } satisfies ThreadRequest);
      }),
    async record(exchange, keys, onCopied) {
      const size = sizeOf(exchange.request) + (exchange.response ? sizeOf(exchange.response) : 0);
      if (waitingBytes > 0 && waitingBytes + size > MAX_WAITING) {
        throw new UnderstudyError('overloaded', 'Too many large calls wait to be recorded.', {
          hint: 'They are recorded one after the other; nothing needs to be done unless it lasts.',
        });
      }
      waitingBytes += size;
      try {
        const request = await copyOf(exchange.request);
        const response = exchange.response && { ...exchange.response, ...(await copyOf(exchange.response)) };
        onCopied?.();
        const thread = started();
        await new Promise<void>((resolve, reject) => {
          waiting.set(++no, { resolve: () => resolve(), reject });
          const message: ThreadRequest = {
            type: 'record',
            no,
            keys,
            exchange: { ...exchange, request, response },
          };
          const buffers = [...request.chunks, ...(response?.chunks ?? [])].map((chunk) => chunk.buffer);
          thread.postMessage(message, buffers as ArrayBuffer[]);
        });
      } finally {
        waitingBytes -= size;
      }
    },
    rotate: () => worker?.postMessage({ type: 'rotate' } satisfies ThreadRequest),
    close: async (graceMs) => {
      const thread = worker;
      if (thread === null) return;
      // It finishes what it was given before it ends.
      closed ??= new Promise((resolve) => thread.once('exit', resolve));
      thread.ref();
      thread.postMessage({ type: 'close' } satisfies ThreadRequest);
      const impatience = setTimeout(() => void thread.terminate(), graceMs);
      await closed;
      clearTimeout(impatience);
    },
  };
}

function sizeOf({ chunks }: RawBody): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

/** One copy at a time, so that many at once take no more of a turn. */
let copiedInTurn = 0;
let copying: Promise<unknown> = Promise.resolve();

/** The body in memory of its own, which can be handed to the thread; the event loop runs in between. */
function copyOf(body: RawBody): Promise<RawBody> {
  const copied = copying.then(() => copyInTurns(body));
  copying = copied.catch(() => {});
  return copied;
}

async function copyInTurns({ chunks, encoding }: RawBody): Promise<RawBody> {
  const copies: Uint8Array[] = [];
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += COPY_BYTES) {
      const piece = new Uint8Array(chunk.subarray(at, at + COPY_BYTES));
      copies.push(piece);
      copiedInTurn += piece.length;
      if (copiedInTurn >= COPY_BYTES) {
        await nextTurn();
        copiedInTurn = 0;
      }
    }
  }
  return { chunks: copies, encoding };
}

function failure(why: string): UnderstudyError {
  return new UnderstudyError('internal', `A large call could not be recorded (${why}).`, {
    hint: 'The call itself was answered. Too little memory is the usual cause.',
  });
}
