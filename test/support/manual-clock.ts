/** A clock that stands still until the test moves it. */
import type { Clock } from '../../src/runtime/clock.ts';

export interface ManualClock extends Clock {
  /** Moves on, and does what is due on the way, in its order. */
  advance(ms: number): void;
  /** How long each of those that were set and not called off waits from now, shortest first. */
  waiting(): readonly number[];
}

export function manualClock(start = 0): ManualClock {
  let now = start;
  let timers: { readonly at: number; readonly work: () => void }[] = [];
  return {
    now: () => now,
    after(ms, work) {
      const timer = { at: now + ms, work };
      timers.push(timer);
      return () => {
        timers = timers.filter((each) => each !== timer);
      };
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const next = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        timers = timers.filter((each) => each !== next);
        now = Math.max(now, next.at);
        next.work();
      }
      now = end;
    },
    waiting: () => timers.map(({ at }) => at - now).sort((a, b) => a - b),
  };
}
