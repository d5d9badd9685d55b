/**
 * Judges from its answers to pings whether a model process is well, does not answer, or must be killed.
 * Does not: send pings, kill (process.ts), or know the time (it is passed in).
 */

/** What the process says with each answer. */
export interface Counters {
  /** Turns of its event loop, a few a second. */
  readonly ticks: number;
  /** Pieces of native work done. */
  readonly steps: number;
  /** Pieces of native work under way. */
  readonly underWay: number;
}

export interface PulseWatch {
  /** A ping was sent; the number goes with it. */
  sent(now: number): number;
  /** The answer to it came; tells when it was sent, or null for a number that is not known. */
  answered(ping: number, counters: Counters, now: number): number | null;
  verdict(now: number): 'well' | 'silent' | 'hung';
}

/** Pings, in milliseconds. */
export const PING_MS = 250;
/**
 * Without an answer for so long no agent's call is sent there: two more pings. With the time to the first that is not
 * answered it makes 750 ms at most, less than a call's shortest limit (guard.ts), so that the calls that wait have
 * time to go to another process.
 */
const SILENT_MS = 2 * PING_MS;
/** And for so long it is killed. Its thread for pings has nothing else to do; only a machine that thrashes is as slow. */
const KILL_MS = 5_000;
/**
 * Without progress for so long it is killed: its event loop has not turned, or of the native work under way nothing
 * was done. The longest piece is a prompt of a whole context: 1,024 tokens on one thread take five seconds (135M
 * parameters, 212 tokens/s), so twelve times as slow is still let live.
 */
const STUCK_MS = 60_000;

/** Pings that were further apart than this were held up by this program, or by the machine's sleep: nobody is blamed. */
const LONGEST_PAUSE_MS = 2 * PING_MS;

/** @param start when the process came up. */
export function pulseWatch(start: number): PulseWatch {
  /** Pings without an answer, by number, oldest first. */
  const pending = new Map<number, number>();
  let number = 0;
  let lastSentAt = start;
  let last: Counters = { ticks: -1, steps: 0, underWay: 0 };
  let turnedAt = start;
  let progressAt = start;
  return {
    sent(now) {
      const pause = now - lastSentAt;
      lastSentAt = now;
      if (pause > LONGEST_PAUSE_MS) {
        pending.clear();
        turnedAt += pause;
        progressAt += pause;
      }
      number = (number + 1) % 0x7fff_ffff;
      pending.set(number, now);
      return number;
    },
    answered(ping, counters, now) {
      const sentAt = pending.get(ping);
      if (sentAt === undefined) return null;
      for (const older of pending.keys()) {
        pending.delete(older);
        if (older === ping) break;
      }
      if (counters.ticks !== last.ticks) turnedAt = now;
      if (counters.steps !== last.steps || counters.underWay === 0) progressAt = now;
      last = counters;
      return sentAt;
    },
    verdict(now) {
      const oldest = pending.values().next().value;
      const silentMs = oldest === undefined ? 0 : now - oldest;
      if (silentMs >= KILL_MS) return 'hung';
      if (silentMs >= SILENT_MS) return 'silent';
      const heardAt = now - silentMs;
      return Math.max(heardAt - turnedAt, heardAt - progressAt) >= STUCK_MS ? 'hung' : 'well';
    },
  };
}
