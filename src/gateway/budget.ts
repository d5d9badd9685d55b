/**
 * How much memory all request bodies and all copies of responses together may hold. Small bodies never wait; large ones wait
 * their turn, in order of arrival, until earlier ones are released; those in between, as documents are, have a share of the
 * memory that large ones leave them, and wait behind none of those. Copies never wait and hold nobody up: what does not
 * fit is not copied, and a body that needs their room takes it back, of the largest first; a call without its copy is relayed
 * as any other, and its record is lost. Counts bytes only: reading and pausing is body.ts's.
 */

/** What one body holds. */
export interface Hold {
  /**
   * Makes sure that `bytes` in all are held: at once (undefined), or by a promise where others must be released first.
   * One wait at a time. A hold that was released in the meantime is told so by `false`.
   */
  grow(bytes: number): Promise<boolean> | undefined;
  /** Gives everything back, and any place in the queue. Further calls do nothing. */
  release(): void;
}

/** What one copy holds. */
export interface Spare {
  /** Whether `bytes` in all are held. Once this is false, nothing is, and nothing will be. */
  grow(bytes: number): boolean;
  /** Gives everything back. Further calls do nothing. */
  release(): void;
}

export interface Budget {
  hold(): Hold;
  /** @param onTaken The memory is needed elsewhere: the copy has to go, now. */
  spare(onTaken: () => void): Spare;
  /** Bytes held now, the most that were ever held, and bodies that wait. */
  readonly counts: { bytes: number; peak: number; waiting: number };
}

/** What a body asks for: the number of bytes more, and how many more the long ones hold with it; 0 for a medium one. */
interface Room {
  readonly more: number;
  readonly long: number;
}

interface Waiter extends Room {
  /** Part of the body is in memory already: it must be able to finish. */
  readonly begun: boolean;
  readonly key: Hold;
  go(granted: boolean): void;
}

/** What a copy may hold whatever else is held: the answers of ordinary calls. */
const SPARE_FREE_BYTES = 64 * 1024;
/** What bodies of a medium length have beside the large ones, and how long those are, as parts of the whole. */
const MEDIUM_SHARE = 1 / 8;
const MEDIUM_LENGTH = 1 / 64;

/**
 * A budget of `maxBytes`, of which each body takes its first `freeBytes` without waiting (they count all the same).
 *
 * Bodies whose length is known hold it whole before their first byte is read, so that whoever reads can finish.
 * Those of unknown length grow as they come; since several of them could wait for each other for ever, one of them
 * at a time may go over the budget. So at most `maxBytes`, one more body, and the free part of each body (and the 64 KB of each
 * copy) is held.
 */
export function bodyBudget(maxBytes: number, freeBytes: number): Budget {
  const counts = { bytes: 0, peak: 0, waiting: 0 };
  /** Bytes of bodies that are past their free part. */
  let large = 0;
  let over: Hold | null = null;
  const queue: Waiter[] = [];
  const longestMedium = Math.max(freeBytes, maxBytes * MEDIUM_LENGTH);
  /** Bytes of bodies that are longer than medium ones. */
  let longest = 0;

  const take = (bytes: number): void => {
    counts.bytes += bytes;
    counts.peak = Math.max(counts.peak, counts.bytes);
  };
  /** Copies past their free part, and what takes them back. */
  const spares = new Map<{ held: number }, () => void>();
  /** Takes memory back from copies, if that makes room. */
  const reclaim = (needed: number): void => {
    const all = [...spares].sort(([a], [b]) => b.held - a.held);
    let missing = needed;
    for (const [spare, takeBack] of all) {
      if (missing <= 0) return;
      missing -= spare.held;
      takeBack();
    }
  };
  const fits = ({ more, long }: Room): boolean => {
    if (long > 0 && longest > 0 && longest + long > maxBytes * (1 - MEDIUM_SHARE)) return false;
    const missing = counts.bytes + more - maxBytes;
    if (missing <= 0) return true;
    const inSpares = [...spares.keys()].reduce((sum, { held }) => sum + held, 0);
    // A body that is larger than the whole budget still passes, alone.
    if (missing > inSpares && large > 0) return false;
    reclaim(missing);
    return true;
  };
  /** Whether a medium body has its room whatever the long ones hold. */
  const fitsItsShare = ({ more, long }: Room): boolean => {
    if (long > 0 || large - longest + more > maxBytes * MEDIUM_SHARE) return false;
    reclaim(counts.bytes + more - maxBytes);
    return true;
  };

  const next = (): number => {
    const medium = queue.findIndex(({ long }) => long === 0);
    if (medium >= 0 && fitsItsShare(queue[medium]!)) return medium;
    const first = queue[0];
    if (first && fits(first)) return 0;
    return over === null ? queue.findIndex((waiter) => waiter.begun) : -1;
  };
  const serve = (): void => {
    for (let i = next(); i >= 0; i = next()) {
      const [waiter] = queue.splice(i, 1);
      if (!waiter) return;
      if (!fits(waiter) && !fitsItsShare(waiter)) over = waiter.key;
      counts.waiting = queue.length;
      waiter.go(true);
    }
  };

  const hold = (): Hold => {
    let held = 0;
    let released = false;
    const longAt = (bytes: number): number => (bytes > longestMedium ? bytes : 0);
    const add = (more: number): void => {
      longest += longAt(held + more) - longAt(held);
      if (held + more > freeBytes) large += held > freeBytes ? more : held + more;
      held += more;
      take(more);
    };
    const key: Hold = {
      grow: (bytes) => {
        const more = bytes - held;
        if (released || more <= 0) return undefined;
        const begun = held > 0;
        const room = { more, long: longAt(bytes) - longAt(held) };
        const atOnce =
          bytes <= freeBytes ||
          over === key ||
          (queue.length === 0 && fits(room)) ||
          (queue.every(({ long }) => long > 0) && fitsItsShare(room));
        if (atOnce) {
          add(more);
          return undefined;
        }
        return new Promise((resolve) => {
          queue.push({
            ...room,
            begun,
            key,
            go: (granted) => {
              if (granted) add(more);
              resolve(granted);
            },
          });
          counts.waiting = queue.length;
          serve();
        });
      },
      release: () => {
        if (released) return;
        released = true;
        counts.bytes -= held;
        if (held > freeBytes) large -= held;
        longest -= longAt(held);
        if (over === key) over = null;
        const place = queue.findIndex((waiter) => waiter.key === key);
        if (place >= 0) queue.splice(place, 1)[0]?.go(false);
        counts.waiting = queue.length;
        serve();
      },
    };
    return key;
  };
  const spare = (onTaken: () => void): Spare => {
    const size = { held: 0 };
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      counts.bytes -= size.held;
      spares.delete(size);
      serve();
    };
    const takeBack = (): void => {
      released = true;
      counts.bytes -= size.held;
      spares.delete(size);
      onTaken();
    };
    return {
      grow: (bytes) => {
        const more = bytes - size.held;
        if (released) return false;
        // Bodies that wait come first.
        if (bytes > SPARE_FREE_BYTES && (counts.bytes + more > maxBytes || queue.length > 0)) {
          release();
          return false;
        }
        size.held = bytes;
        take(more);
        if (bytes > SPARE_FREE_BYTES) spares.set(size, takeBack);
        return true;
      },
      release,
    };
  };
  return { hold, spare, counts };
}
