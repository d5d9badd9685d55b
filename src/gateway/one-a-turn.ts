/**
 * Lets work that takes a few milliseconds happen once a turn of the event loop, in order of arrival: whatever else is due
 * comes in between, and nobody waits while nothing else does.
 */
export interface OneATurn {
  /** Resolves when it is the caller's turn: at once where nobody has had this one. */
  next(): Promise<void> | undefined;
}

export function oneATurn(schedule: (go: () => void) => unknown = setImmediate): OneATurn {
  const queue: (() => void)[] = [];
  let taken = false;
  const begin = (): void => {
    const go = queue.shift();
    taken = go !== undefined;
    if (!go) return;
    go();
    schedule(begin);
  };
  return {
    next: () => {
      if (taken) return new Promise((resolve) => queue.push(resolve));
      taken = true;
      schedule(begin);
      return undefined;
    },
  };
}
