/**
 * About how many more calls a refused task needs, and why those that it has count for so little.
 * Does not: say how many held-back calls a proof takes (stats/statistics.ts, evaluate/gate.ts).
 */
import { toolChoiceOf } from '../core/answer.ts';
import type { Dataset } from '../core/dataset.ts';
import { dayOf } from '../core/job.ts';
import { callsToHoldBack } from '../curate/splits.ts';

/** Beyond this, a number of calls is no help to anyone. */
const MAX_CALLS = 50_000;

/**
 * About how many more calls of the task bring this number more into its calibration split; null where that is beyond hope.
 * Calls are expected to be left out as often as they were.
 */
export function callsFor(heldBack: number, dataset: Dataset): number | null {
  const { kind, splits, dropped, epoch } = dataset;
  // Nothing, or all of it says the same.
  if (splits.train.length < 2) return null;
  const kept = keptSince(dataset, Number.NEGATIVE_INFINITY);
  const calls = kept + Object.values(dropped).reduce((sum, n) => sum + n, 0);
  // Of how many calls one is kept; since a change that was found all are the LLM's.
  const each = epoch ? 1 : calls / kept;
  const [own, fresh] = epoch
    ? [keptSince(dataset, epoch.since), keptSince(dataset, epoch.found)]
    : [calls, calls];
  const held = splits.calibration;
  const calling = held.filter(({ answer }) => toolChoiceOf('mixed', answer) !== '').length;
  const provable = kind === 'mixed' ? Math.max(0.01, calling / Math.max(1, held.length)) : 1;
  const more = callsToHoldBack((held.length + heldBack) * each, own, fresh, provable);
  return more > MAX_CALLS ? null : Math.max(more, heldBack);
}

/** Why so few calls count; '' where all do. */
export function epochWords({ epoch, splits }: Dataset): string {
  if (!epoch) return '';
  const held = splits.calibration.length + splits.exam.length;
  return ` The task changed (${epoch.reason}): only calls since that was found, on ${dayOf(epoch.found)}, can prove anything, and ${held} of them are held back.`;
}

/** Calls of the dataset from this time on. */
function keptSince({ splits }: Dataset, since: number): number {
  return Object.values(splits)
    .flat()
    .reduce((sum, { weight, at }) => sum + (at >= since ? weight : 0), 0);
}
