/**
 * Puts bytes that come in pieces together in one place, so that a body of millions of tiny pieces takes no more than
 * its size. Does not: count against any budget (body.ts does, before it asks for room).
 */
import { setImmediate } from 'node:timers/promises';

/** The first memory for a body of unknown length; it doubles from there. */
const FIRST_BYTES = 16 * 1024;
/** What is copied at most without a turn for others in between. */
const COPY_BYTES = 1024 * 1024;

export interface Collector {
  /** How much memory is reserved for this number of bytes: all of a body of known length, else up to twice as much. */
  capacityFor(bytes: number): number;
  /** Reserves memory; a promise where what is there has to be moved. Nothing may be pushed until then. */
  reserve(capacity: number): Promise<void> | undefined;
  /** Adds a piece, for which there must be room. */
  push(piece: Buffer): void;
  whole(): Uint8Array;
  /** Frees everything; what comes is not kept. */
  drop(): void;
}

/** For `length` bytes, or for at most `maxBytes` where the length is not known. */
export function collector(length: number | null, maxBytes: number): Collector {
  let memory: Buffer = Buffer.alloc(0);
  let size = 0;
  let dropped = false;
  return {
    capacityFor: (bytes) => {
      if (length !== null) return length;
      let capacity = Math.max(FIRST_BYTES, memory.length);
      while (capacity < bytes) capacity *= 2;
      return Math.min(capacity, maxBytes);
    },
    reserve: (capacity) => {
      // A body that comes in one piece needs none.
      if (length !== null || dropped || capacity <= memory.length) return undefined;
      const larger = Buffer.allocUnsafeSlow(capacity);
      if (size > COPY_BYTES) {
        return move(memory, larger, size).then(() => {
          memory = larger;
        });
      }
      memory.copy(larger, 0, 0, size);
      memory = larger;
      return undefined;
    },
    push: (piece) => {
      if (dropped) return;
      if (size === 0 && piece.length === length) memory = piece;
      else {
        // The system gives pages when they are written to, so a body that never comes takes nothing.
        if (size === 0 && length !== null) memory = Buffer.allocUnsafeSlow(length);
        piece.copy(memory, size);
      }
      size += piece.length;
    },
    whole: () => memory.subarray(0, size),
    drop: () => {
      dropped = true;
      memory = Buffer.alloc(0);
    },
  };
}

async function move(from: Buffer, to: Buffer, size: number): Promise<void> {
  for (let at = 0; at < size; at += COPY_BYTES) {
    from.copy(to, at, at, Math.min(at + COPY_BYTES, size));
    await setImmediate();
  }
}
