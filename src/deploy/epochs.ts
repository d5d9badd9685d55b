/**
 * Epochs of a task: a change that was found ends one. What was recorded before it is found proves nothing of what comes after it.
 * They stand in the record of events. Does not: find changes (alarms.ts, watch.ts, learn/), or split calls (curate/dataset.ts).
 *
 * A try at the gate tests calls that came after the change was found: that time rests on the past alone, so those calls are a fresh
 * sample, whatever was looked at to find it. How often an epoch begins does not rest on them alone, so each spends a try (learn/
 * nextTry): by the union bound over all tests that could have been made, delta holds for all epochs together.
 */
import type { Epoch } from '../core/dataset.ts';
import { newId } from '../core/ids.ts';
import type { Event, EventStore } from '../core/store.ts';

/** The kind of the event; its subject is the task. */
export const TASK_CHANGED = 'task-changed';

/**
 * The record of a change. To be kept with what the change has moved, in one step: what is moved already is not looked at again.
 * @param isVerdict A specialist was taken out of service by its own errors: an epoch begins then, whenever these began. The calls
 *   until then were looked at to find that, as standing.ts (learn/) takes for granted.
 */
export function taskChanged(taskId: string, { since, found, reason }: Epoch, isVerdict: boolean): Event {
  return {
    id: newId('event', found),
    at: found,
    kind: TASK_CHANGED,
    subject: taskId,
    detail: { reason, since, ...(isVerdict ? { verdict: true } : {}) },
  };
}

/** The task's epochs, oldest first, without the one before the first change. */
export async function epochsOf(store: Pick<EventStore, 'events'>, taskId: string): Promise<Epoch[]> {
  const epochs: Epoch[] = [];
  const events = await store.events({ kind: TASK_CHANGED, subject: taskId });
  for (const { at, detail } of events.toSorted((a, b) => a.at - b.at)) {
    const began = typeof detail.since === 'number' ? detail.since : at;
    const found = epochs.at(-1)?.found ?? Number.NEGATIVE_INFINITY;
    const isVerdict = detail.verdict === true && at > found;
    // What began before the last change was found is that change, seen once more.
    if (began <= found && !isVerdict) continue;
    epochs.push({ since: Math.max(began, found), found: at, reason: String(detail.reason ?? '') });
  }
  return epochs;
}
