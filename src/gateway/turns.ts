/**
 * Shares the turns of the event loop among large bodies: together they handle a fixed number of bytes in a turn, then they
 * wait for the next, and whatever else is due comes first.
 */

/** What one body handles at least once it resumes: its present piece, and what was read meanwhile. */
const PIECE_BYTES = 128 * 1024;

export interface Turns {
  /** Reports handled bytes; a promise where no more may be handled in this turn. */
  take(bytes: number): Promise<void> | undefined;
  /**
   * The same for tiny pieces, by what they cost, in bytes. Their turns are counted apart: what one caller's tiny pieces cost
   * may be many turns, and keeps no other's body from its own.
   */
  takeTiny(cost: number): Promise<void> | undefined;
}

/** A turn in which nothing may be handled lasts this long, milliseconds: turns without work would be over at once. */
const REST_MS = 4;

/** Calls back in the next turn, after a rest if told. */
type Schedule = (next: () => void, rest: boolean) => unknown;

export function sharedTurns(
  bytesATurn: number,
  schedule: Schedule = (next, rest) => (rest ? setTimeout(next, REST_MS) : setImmediate(next)),
): Turns {
  return { take: takerOf(bytesATurn, schedule), takeTiny: takerOf(bytesATurn, schedule) };
}

function takerOf(bytesATurn: number, schedule: Schedule): Turns['take'] {
  let left = bytesATurn;
  let scheduled = false;
  const queue: (() => void)[] = [];
  const begin = (): void => {
    scheduled = false;
    // Who took more than a turn's share has used up those to come.
    left = Math.min(left, 0) + bytesATurn;
    const many = left > 0 ? Math.max(1, Math.floor(left / PIECE_BYTES)) : 0;
    for (const go of queue.splice(0, many)) go();
    if (queue.length > 0) plan();
  };
  const plan = (): void => {
    if (scheduled) return;
    scheduled = true;
    schedule(begin, left + bytesATurn <= 0);
  };
  return (bytes) => {
    left -= bytes;
    plan();
    if (left > 0) return undefined;
    return new Promise((resolve) => queue.push(resolve));
  };
}
