/**
 * How much memory all request bodies together may hold. Small bodies never wait; large ones wait their turn, in
 * order of arrival, until earlier ones are released. Counts bytes only: reading and pausing is body.ts's.
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

export interface Budget {
  hold(): Hold;
  /** Bytes held now, the most that were ever held, and bodies that wait. */
  readonly counts: { bytes: number; peak: number; waiting: number };
}

interface Waiter {
  readonly more: number;
  /** Part of the body is in memory already: it must be able to finish. */
  readonly begun: boolean;
  readonly key: Hold;
  go(granted: boolean): void;
}

/**
 * A budget of `maxBytes`, of which each body takes its first `freeBytes` without waiting (they count all the same).
 *
 * Bodies whose length is known hold it whole before their first byte is read, so that whoever reads can finish.
 * Those of unknown length grow as they come; since several of them could wait for each other for ever, one of them
 * at a time may go over the budget. So at most `maxBytes`, one more body, and the free part of each body is held.
 */
export function bodyBudget(maxBytes: number, freeBytes: number): Budget {
  const counts = { bytes: 0, peak: 0, waiting: 0 };
  /** Bytes of bodies that are past their free part. */
  let large = 0;
  let over: Hold | null = null;
  const queue: Waiter[] = [];

  const take = (bytes: number): void => {
    counts.bytes += bytes;
    counts.peak = Math.max(counts.peak, counts.bytes);
  };
  // A body that is larger than the whole budget still passes, alone.
  const fits = (more: number): boolean => counts.bytes + more <= maxBytes || large === 0;

  const next = (): number => {
    const first = queue[0];
    if (first && fits(first.more)) return 0;
    return over === null ? queue.findIndex((waiter) => waiter.begun) : -1;
  };
  const serve = (): void => {
    for (let i = next(); i >= 0; i = next()) {
      const [waiter] = queue.splice(i, 1);
      if (!waiter) return;
      if (!fits(waiter.more)) over = waiter.key;
      counts.waiting = queue.length;
      waiter.go(true);
    }
  };

  const hold = (): Hold => {
    let held = 0;
    let released = false;
    const add = (more: number): void => {
      if (held + more > freeBytes) large += held > freeBytes ? more : held + more;
      held += more;
      take(more);
    };
    const key: Hold = {
      grow: (bytes) => {
        const more = bytes - held;
        if (released || more <= 0) return undefined;
        const begun = held > 0;
        const atOnce = bytes <= freeBytes || over === key || (queue.length === 0 && fits(more));
        if (atOnce) {
          add(more);
          return undefined;
        }
        return new Promise((resolve) => {
          queue.push({
            more,
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
        if (over === key) over = null;
        const place = queue.findIndex((waiter) => waiter.key === key);
        if (place >= 0) queue.splice(place, 1)[0]?.go(false);
        counts.waiting = queue.length;
        serve();
      },
    };
    return key;
  };
  return { hold, counts };
}
