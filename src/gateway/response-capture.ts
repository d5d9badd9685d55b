/**
 * A copy of an upstream's response for capture, while the bytes go to the client untouched. Nothing is read here: what the
 * bytes mean is found out at the end, here where they are few, in another thread where they are many.
 */
import type { CallResponse } from '../core/call.ts';
import type { RawExchange } from '../core/online.ts';
import type { Dialect } from '../wire/dialect.ts';
import { contentCoding, readResponse } from '../wire/exchange.ts';
import type { Budget } from './budget.ts';
import { headerOf } from './headers.ts';
import type { ResponseHead } from './upstream.ts';

/** Smaller pieces are copied together: each would keep what it was read with in memory, and cost more than its bytes. */
const SMALL_PIECE_BYTES = 4096;
const SLAB_BYTES = 16 * 1024;

export interface ResponseCapture {
  begin(head: ResponseHead): void;
  push(chunk: Uint8Array): void;
  /** Of the head; 0 before it has come. */
  readonly status: number;
  /** Bytes so far. */
  readonly size: number;
  /** Whether it was given up because memory was needed elsewhere. */
  readonly lost: boolean;
  /** Gives its memory back; to be called when the bytes are needed no more. */
  release(): void;
  /** What has come of a success; null for any other response, and for one longer than the limit. */
  body(): RawExchange['response'];
  /** The response if it is whole, a success, and no longer than `maxBytes`; null otherwise. Never rejects. */
  read(maxBytes: number): Promise<CallResponse | null>;
}

/**
 * @param limit A response longer than this is not kept, only passed on.
 * @param budget Counts what is kept. Default: not counted, for copies that are few and small.
 */
export function captureResponse(
  dialect: Dialect,
  limit: number,
  budget?: Pick<Budget, 'spare'>,
): ResponseCapture {
  let chunks: Uint8Array[] = [];
  /** Where small pieces go: the last of the chunks is what is filled of it. */
  let slab: Buffer | null = null;
  let filled = 0;
  let encoding = '';
  let events = false;
  let wanted = false;
  let status = 0;
  let size = 0;
  let lost = false;
  const drop = (): void => {
    wanted = false;
    chunks = [];
    slab = null;
  };
  const keep = (chunk: Uint8Array): void => {
    // The first is most often the only one.
    if (chunk.length > SMALL_PIECE_BYTES || chunks.length === 0) {
      slab = null;
      chunks.push(chunk);
      return;
    }
    if (slab !== null && filled + chunk.length <= slab.length) chunks.pop();
    else {
      slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      filled = 0;
    }
    slab.set(chunk, filled);
    filled += chunk.length;
    chunks.push(slab.subarray(0, filled));
  };
  const memory = budget?.spare(() => {
    lost = true;
    drop();
  });
  const body = (): RawExchange['response'] => (wanted ? { chunks, encoding, events } : null);
  return {
    get status() {
      return status;
    },
    get size() {
      return size;
    },
    begin: (head) => {
      status = head.status;
      encoding = contentCoding(headerOf(head.headers, 'content-encoding'));
      events = headerOf(head.headers, 'content-type')?.toLowerCase().startsWith('text/event-stream') ?? false;
      wanted = status >= 200 && status < 300;
    },
    push: (chunk) => {
      size += chunk.length;
      if (!wanted) return;
      if (size > limit) {
        drop();
        memory?.release();
      } else if (memory === undefined || memory.grow(size)) keep(chunk);
      else {
        lost = true;
        drop();
      }
    },
    get lost() {
      return lost;
    },
    release: () => memory?.release(),
    body,
    read: async (maxBytes) => {
      const whole = body();
      return whole === null ? null : readResponse(dialect, whole, maxBytes);
    },
  };
}
