/**
 * The request body, read once, as bytes, up to a limit, within the memory that all bodies share.
 * Does not: look at the bytes.
 */
import type { IncomingMessage } from 'node:http';
import { UnderstudyError } from '../core/errors.ts';
import type { Budget, Hold } from './budget.ts';
import { collector } from './collect.ts';
import type { Turns } from './turns.ts';
import { watchUpload } from './upload.ts';

/** A body over the limit is still drained up to this many times the limit, so that its sender can read our refusal. */
const DRAIN = 4;
/** Bodies up to this size are read without waiting for others, and may be handled on the event loop. */
export const SMALL_BODY_BYTES = 256 * 1024;

export interface ReadOptions {
  readonly maxBytes: number;
  readonly budget: Budget;
  readonly turns: Turns;
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
  const { maxBytes, budget, turns, idleMs } = options;
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

    /** Undefined where there is room at once; false where the body has been given up in the meantime. */
    const makeRoom = (capacity: number): Promise<boolean> | undefined => {
      const granted = hold.grow(capacity);
      if (!granted) return bytes.reserve(capacity)?.then(() => true);
      return granted.then(async (yes) => {
        if (yes) await bytes.reserve(capacity);
        return yes;
      });
    };

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
      const wait = makeRoom(bytes.capacityFor(received));
      if (!wait) {
        bytes.push(chunk);
        const turn = received > SMALL_BODY_BYTES ? turns.take(chunk.length) : undefined;
        if (!turn) return;
        request.pause();
        turn.then(() => request.resume());
        return;
      }
      request.pause();
      wait.then((granted) => {
        if (!granted) return;
        bytes.push(chunk);
        request.resume();
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
    const wait = length !== null && length <= maxBytes ? makeRoom(length) : undefined;
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
