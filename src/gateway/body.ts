/**
 * The request body, read once, as bytes, up to a limit, within the memory that all bodies share.
 * Does not: look at the bytes.
 */
import type { IncomingMessage } from 'node:http';
import { UnderstudyError } from '../core/errors.ts';
import type { Budget, Hold } from './budget.ts';
import { watchUpload } from './upload.ts';

/** A body over the limit is still drained up to this many times the limit, so that its sender can read our refusal. */
const DRAIN = 4;
/** Bodies up to this size are read without waiting for others, and may be handled on the event loop. */
export const SMALL_BODY_BYTES = 256 * 1024;
/** A large body of unknown length takes memory from the budget in steps of this many bytes. */
const STEP_BYTES = 1024 * 1024;

export interface ReadOptions {
  readonly maxBytes: number;
  readonly budget: Budget;
  /** A client that sends nothing for so long (milliseconds) is given up. */
  readonly idleMs: number;
}

/** A body in memory. Its bytes count against the budget until every part of us that needs them has let go. */
export interface HeldBody {
  readonly bytes: Uint8Array;
  /** Holds the bytes once more; returns what lets go of that. */
  keep(): () => void;
  /** Lets go of the first hold, the reader's. */
  release(): void;
}

/**
 * Reads the body. A large one lies in an ArrayBuffer of its own (which may be longer than the body), so that it can
 * be moved to another thread without a copy.
 * @throws UnderstudyError 'bad-input' (413) over `maxBytes`, 'timed-out' (408) where the client stops sending,
 * 'cancelled' (499) where it broke off.
 */
export function readBody(request: IncomingMessage, options: ReadOptions): Promise<HeldBody> {
  const { maxBytes, budget, idleMs } = options;
  const hold = budget.hold();
  return new Promise<HeldBody>((resolve, reject) => {
    const told = request.headers['content-length'];
    const length = told === undefined ? null : Number(told);
    if (length !== null && length > maxBytes * DRAIN) {
      reject(tooLarge(maxBytes));
      return;
    }
    const bytes = collector(length, maxBytes);
    if (length !== null && length > maxBytes) bytes.drop();
    let received = 0;
    let settled = false;
    const end = (outcome: () => void): void => {
      if (settled) return;
      settled = true;
      stopWatching();
      outcome();
    };
    const fail = (error: UnderstudyError): void => {
      end(() => {
        hold.release();
        reject(error);
      });
    };
    const stopWatching = watchUpload(request, idleMs, (error) => {
      request.pause();
      fail(error);
    });

    request.on('data', (chunk: Buffer) => {
      if (settled) return;
      received += chunk.length;
      if (received > maxBytes) {
        // What is over the limit is not kept.
        bytes.drop();
        hold.release();
        if (received > maxBytes * DRAIN) {
          request.pause();
          fail(tooLarge(maxBytes));
        }
        return;
      }
      bytes.push(chunk);
      if (length !== null) return;
      const wanted =
        received <= SMALL_BODY_BYTES
          ? received
          : Math.min(maxBytes, Math.ceil(received / STEP_BYTES) * STEP_BYTES);
      const wait = hold.grow(wanted);
      if (!wait) return;
      request.pause();
      wait.then((granted) => {
        if (granted) request.resume();
      });
    });
    request.on('end', () => {
      if (received > maxBytes) fail(tooLarge(maxBytes));
      else end(() => resolve(held(bytes.whole(), hold)));
    });
    const broken = (): void => {
      fail(
        new UnderstudyError('cancelled', 'The client went away.', { hint: 'Nothing to do.', status: 499 }),
      );
    };
    request.on('error', broken);
    request.on('close', broken);

    // Listening for data has begun the flow; what has no room yet stops it before the first byte.
    const wait = length !== null && length <= maxBytes ? hold.grow(length) : undefined;
    if (!wait) return;
    request.pause();
    wait.then((granted) => {
      if (granted) request.resume();
    });
  });
}

function tooLarge(maxBytes: number): UnderstudyError {
  return new UnderstudyError('bad-input', `The request body is larger than ${maxBytes} bytes.`, {
    hint: 'Raise gateway.maxBodyBytes.',
    status: 413,
  });
}

function held(bytes: Uint8Array, hold: Hold): HeldBody {
  let holders = 1;
  const lettingGo = (): (() => void) => {
    let done = false;
    return () => {
      if (done) return;
      done = true;
      if (--holders === 0) hold.release();
    };
  };
  return {
    bytes,
    keep: () => {
      holders++;
      return lettingGo();
    },
    release: lettingGo(),
  };
}

interface Collector {
  push(chunk: Buffer): void;
  whole(): Uint8Array;
  drop(): void;
}

/**
 * Puts a body together. A small one is joined at its end; a large one is written into memory set aside for it (whose
 * pages the system gives when they are written to), so that it never lies in memory twice.
 */
function collector(length: number | null, maxBytes: number): Collector {
  let chunks: Buffer[] = [];
  let size = 0;
  let large: Buffer | null = null;
  let dropped = false;
  const enlarge = (): void => {
    large = Buffer.allocUnsafeSlow(length ?? maxBytes);
    let at = 0;
    for (const chunk of chunks) at += chunk.copy(large, at);
    chunks = [];
  };
  return {
    push: (chunk) => {
      if (dropped) return;
      if (!large && size + chunk.length > SMALL_BODY_BYTES) enlarge();
      if (large) chunk.copy(large, size);
      else chunks.push(chunk);
      size += chunk.length;
    },
    whole: () => {
      if (large) return large.subarray(0, size);
      return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
    },
    drop: () => {
      dropped = true;
      chunks = [];
      large = null;
    },
  };
}
