/** Time as the parts here see it: passed in, so that tests say what time it is. */

export interface Clock {
  /** Milliseconds since the epoch; never goes back. */
  now(): number;
  /** Does the work once, after this many milliseconds; the function that is returned calls it off. */
  after(ms: number, work: () => void): () => void;
}

/** The machine's time. Its timers do not keep the program alive. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  after(ms, work) {
    const timer = setTimeout(work, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
