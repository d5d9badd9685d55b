/** Work off the calls' path (audits, comparisons): bounded in number. What exceeds the bound is dropped; close waits for the rest. */

export interface Background {
  /** Starts the work unless `limit` are under way; false where it was dropped. Failures are counted. */
  start(work: (signal: AbortSignal) => Promise<void>): boolean;
  readonly counts: { started: number; failed: number; dropped: number };
  /** Waits at most `graceMs` for what is under way, then aborts it. */
  close(graceMs: number): Promise<void>;
}

export function backgroundWork(limit: number): Background {
  const running = new Set<Promise<void>>();
  const abort = new AbortController();
  const counts = { started: 0, failed: 0, dropped: 0 };
  return {
    counts,
    start: (work) => {
      if (running.size >= limit || abort.signal.aborted) {
        counts.dropped++;
        return false;
      }
      counts.started++;
      const job: Promise<void> = Promise.resolve()
        .then(() => work(abort.signal))
        .catch(() => {
          counts.failed++;
        })
        .finally(() => running.delete(job));
      running.add(job);
      return true;
    },
    close: async (graceMs) => {
      const timer = setTimeout(() => abort.abort(), graceMs);
      while (running.size > 0 && !abort.signal.aborted) {
        await Promise.race([
          Promise.all(running),
          new Promise((resolve) => abort.signal.addEventListener('abort', resolve, { once: true })),
        ]);
      }
      clearTimeout(timer);
      abort.abort();
    },
  };
}
