/**
 * Lets work that takes a few milliseconds happen within one share of each turn of the event loop, in order of arrival:
 * whatever else is due comes in between, and nobody waits while nothing else does.
 */
export interface OneATurn {
  /**
   * Resolves when it is the caller's turn: at once where there is room in this one.
   * @param share Of a turn's work, up to 1: several small ones go together, else they would queue up where turns are long.
   *   Default: 1.
   */
  next(share?: number): Promise<void> | undefined;
}

export function oneATurn(schedule: (go: () => void) => unknown = setImmediate): OneATurn {
  const queue: { readonly share: number; readonly go: () => void }[] = [];
  let isPlanned = false;
  let taken = 0;
  const begin = (): void => {
    taken = 0;
    while (queue[0] && (taken === 0 || taken + queue[0].share <= 1)) {
      const { share, go } = queue.shift()!;
      taken += share;
      go();
    }
    isPlanned = taken > 0;
    if (isPlanned) schedule(begin);
  };
  return {
    next: (share = 1) => {
      if (queue.length > 0 || (taken > 0 && taken + share > 1))
        return new Promise((go) => queue.push({ share, go }));
      taken += share;
      if (!isPlanned) schedule(begin);
      isPlanned = true;
      return undefined;
    },
  };
}
