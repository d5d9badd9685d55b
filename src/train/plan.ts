/**
 * How long a training goes: as many passes over the examples as pay, where the time allows them.
 * Does not: know what is trained or how fast that goes (each trainer's plan.ts), or decide whether it is worth it.
 */
import type { Refusal } from '../core/runtime.ts';

export interface Budget {
  readonly minutes: number;
  /** Tokens per second. */
  readonly speed: number;
}

export interface PassPlan {
  /** Passes over the examples. */
  readonly epochs: number;
  /** Tokens in all. */
  readonly work: number;
  readonly minutes: number;
  /** Why the time is too short; null where it is not. */
  readonly refusal: Refusal | null;
}

/**
 * How many passes the time allows, up to those that are wanted.
 * @param lengths Tokens of each example.
 * @param overhead What else there is to do, in passes.
 */
export function planPasses(
  lengths: readonly number[],
  wanted: number,
  { minutes, speed }: Budget,
  overhead = 0,
): PassPlan {
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const passMinutes = Math.max(tokens / speed / 60, 1e-9);
  const epochs = Math.max(0.01, Number(Math.min(wanted, minutes / passMinutes - overhead).toFixed(2)));
  const isTooShort = epochs < Math.min(0.5, wanted);
  return {
    epochs,
    work: (epochs + overhead) * tokens,
    minutes: (epochs + overhead) * passMinutes,
    refusal: isTooShort
      ? {
          reason: `One pass over its ${lengths.length} examples would take about ${Math.ceil(passMinutes)} minutes; ${Number(minutes.toFixed(1))} are left for it.`,
          minutesNeeded: Math.ceil((1 + overhead) * passMinutes),
        }
      : null,
  };
}
