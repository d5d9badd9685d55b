/**
 * Which calls of a task have a place in time, where that matters: once a change of the task is known, a call that was imported
 * without a time may be of before it or after, so it neither teaches nor proves anything.
 * Does not: find changes (deploy/), or split calls (splits.ts).
 */
import { type Call, UNTIMED } from '../core/call.ts';
import type { Epoch, SplitOrder } from '../core/dataset.ts';

export interface Timed {
  readonly calls: readonly Call[];
  readonly untimed: readonly Call[];
  /** By time in an epoch, whatever was asked for: another order would mix what was before the change with what came after it. */
  readonly order: SplitOrder;
}

/** The calls of a task in its present epoch, and those that cannot be told to be of it; without an epoch all count. */
export function timedCalls(calls: readonly Call[], epoch: Epoch | null, order: SplitOrder): Timed {
  if (epoch === null) return { calls, untimed: [], order };
  const { timed = [], untimed = [] } = Object.groupBy(calls, ({ tags }) =>
    UNTIMED in tags ? 'untimed' : 'timed',
  );
  return { calls: timed, untimed, order: 'time' };
}
