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

/**
 * A body that comes in chunks of a few bytes costs as much for each as hundreds of bytes that come together. What was
 * read beside the body itself tells: from CODING_BYTES on each byte of it counts as CODING_COST.
 */
const CODING_BYTES = 4096;
const CODING_COST = 200;

export interface ReadOptions {
  readonly maxBytes: number;
  readonly budget: Budget;
  readonly turns: Turns;
  /** A client that sends nothing for this time (milliseconds) is given up. */
  readonly idleMs: number;
}

/** A body in memory. Its bytes count against the budget until each holder has released them. */
export interface HeldBody {
  /** May be moved to another thread only when nothing here needs them any more, the upstream among it. */
  readonly bytes: Uint8Array;
  /** Adds a holder; returns the function that releases its hold. */
  keep(): () => void;
  /** Releases the first hold, the reader's. */
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
      reject(tooLarge(maxBytes, length));
      return;
    }
    const bytes = collector(length, maxBytes);
    /** What is over the limit is not kept, from its first byte on where its length says so. */
    const over = (): boolean => received > maxBytes || (length !== null && length > maxBytes);
    let received = 0;
    let settled = false;
    let busy = false;
    /** Whether what came last was mostly chunk headers. */
    let isCoding = false;
    let rawBefore = request.socket.bytesRead;
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
    const stopWatching = watchUpload(request, idleMs, fail, () => busy);

    /** Undefined where there is room at once; false where the body has been given up in the meantime. */
    const makeRoom = (capacity: number): Promise<boolean> | undefined => {
      const granted = hold.grow(capacity);
      if (!granted) return bytes.reserve(capacity)?.then(() => true);
      return granted.then(async (yes) => {
        if (yes) await bytes.reserve(capacity);
        return yes;
      });
    };
    /** Keeps a piece; a promise where more has to wait. */
    const keep = (piece: Buffer): Promise<void> | undefined => {
      received += piece.length;
      const raw = request.socket.bytesRead;
      const coding = Math.max(0, raw - rawBefore - piece.length);
      rawBefore = raw;
      isCoding = coding > CODING_BYTES;
      if (over()) {
        bytes.drop();
        hold.release();
        if (received > maxBytes * DRAIN) fail(tooLarge(maxBytes, received));
        return undefined;
      }
      const room = makeRoom(bytes.capacityFor(received));
      const turn = (): Promise<void> | undefined => {
        if (isCoding) return turns.takeTiny(coding * CODING_COST);
        return received > SMALL_BODY_BYTES ? turns.take(piece.length) : undefined;
      };
      if (!room) {
        bytes.push(piece);
        return turn();
      }
      return room.then(async (granted) => {
        if (!granted) return;
        bytes.push(piece);
        await turn();
      });
    };
    /** Takes what is there, unless a piece waits for room or for its turn: then the client waits as well. */
    const take = (): void => {
      while (!settled && !busy) {
        const piece = request.read() as Buffer | null;
        if (piece === null) return;
        pause(keep(piece));
      }
    };
    const pause = (wait: Promise<unknown> | undefined): void => {
      if (!wait) return;
      busy = true;
      const { socket } = request;
      // To take a piece has asked node for more, and to parse that costs more than what is waited for.
      const isStopped = isCoding;
      if (isStopped) process.nextTick(() => busy && socket.pause());
      wait.then(() => {
        busy = false;
        if (isStopped) socket.resume();
        take();
      });
    };

    request.on('end', () => {
      if (over()) fail(tooLarge(maxBytes, received));
      else end(() => resolve(held(bytes.whole(), hold)));
    });
    const broken = (): void => {
      // Every request closes, most of them long after their bodies: an error is only made where it is needed.
      if (settled) return;
      fail(
        new UnderstudyError('cancelled', 'The client went away.', { hint: 'Nothing to do.', status: 499 }),
      );
    };
    request.on('error', broken);
    request.on('close', broken);
    if (length !== null && !over()) pause(makeRoom(length));
    request.on('readable', take);
  });
}

/** @param actual As far as it is known. */
function tooLarge(maxBytes: number, actual: number): UnderstudyError {
  return new UnderstudyError('bad-input', `The request body is larger than ${maxBytes} bytes.`, {
    hint: 'Raise gateway.maxBodyBytes.',
    data: { limit: maxBytes, actual },
    status: 413,
  });
}

function held(bytes: Uint8Array, hold: Hold): HeldBody {
  let holders = 1;
  const releaser = (): (() => void) => {
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
      return releaser();
    },
    release: releaser(),
  };
}
