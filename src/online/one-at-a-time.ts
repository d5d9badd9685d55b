/** Does `work` when asked, never twice at once: what is asked for while it waits its turn is done with it. */
export function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | null = null;
  return () => {
    if (waiting !== null) return waiting;
    const turn = last.then(() => {
      waiting = null;
      return work();
    });
    waiting = turn;
    last = turn.catch(() => {});
    return turn;
  };
}
