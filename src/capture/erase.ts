/**
 * Erasing days: their data keys, without which nothing that they sealed can be opened; their calls; what of them waits in
 * the journals. Says what was learnt from erased calls, which stays.
 * Does not: undo what was learnt (its task is learnt again without them), or ask whether it is meant (commands/erase).
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { EraseReport } from '../core/erase-report.ts';
import { UnderstudyError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import type { CallFilter, Store } from '../core/store.ts';
import { eraseJournal } from './erase-journal.ts';

/** Kind of the event that says that a day, its subject, was erased. */
export const DAY_ERASED = 'day-erased';

const DAY_MS = 24 * 3600_000;

export interface EraseOptions {
  readonly store: Store;
  /** Folders of journals. */
  readonly journals: readonly string[];
  /** The first day, YYYY-MM-DD in UTC; null: from the beginning. */
  readonly from: string | null;
  /** The last day, included. */
  readonly to: string;
  /** Say what would be erased, and change nothing. Default: false. */
  readonly dryRun?: boolean;
  readonly now?: () => number;
}

/**
 * May be broken off and repeated: keys go first. @throws UnderstudyError 'bad-input' for what is no day; as the store.
 */
export async function eraseDays(options: EraseOptions): Promise<EraseReport> {
  const { store, journals, from, to, dryRun = false, now = Date.now } = options;
  const until = startOf(to) + DAY_MS - 1;
  const range: CallFilter = { ...(from === null ? {} : { since: startOf(from) }), until };
  const isErased = (day: string): boolean => (from === null || day >= from) && day <= to;

  const days = (await store.keyDays()).filter(isErased);
  const stays = await learntFrom(store, range);
  const calls = await store.countCalls(range);
  if (!dryRun) await deleteKeys(store, days, now());
  const deleted = dryRun ? { calls, parts: 0 } : await deleteCalls(store, range);
  // That on calls of these days is gone with them; what is left is about sessions.
  if (!dryRun) await store.deleteFeedback(days);
  const journal = { calls: 0, segments: 0, open: 0 };
  for (const dir of journals) {
    const found = eraseJournal(dir, isErased, dryRun);
    journal.calls += found.calls;
    journal.segments += found.segments;
    journal.open += found.open;
  }
  const purged = dryRun || (await store.purge());
  return { kind: 'erase', dryRun, from, to, days, ...deleted, journal, purged, stays };
}

/** The time at which a day begins. @throws UnderstudyError 'bad-input' for what is no day. */
function startOf(day: string): number {
  const at = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  if (!Number.isNaN(at) && new Date(at).toISOString().startsWith(day)) return at;
  throw new UnderstudyError('bad-input', `'${day}' is not a day.`, {
    hint: 'Days are those of UTC, written like 2026-11-20.',
    status: 400,
  });
}

async function deleteKeys(store: Store, days: readonly string[], at: number): Promise<void> {
  for (const day of days) {
    // On record first: a drain that meets what the key had sealed knows then that it is meant to be unreadable.
    await store.addEvent({ id: newId('event', at), at, kind: DAY_ERASED, subject: day, detail: {} });
    await store.deleteKey(day);
  }
}

/** In batches, each a short transaction, so that a gateway beside it can write. */
async function deleteCalls(store: Store, range: CallFilter): Promise<{ calls: number; parts: number }> {
  const total = { calls: 0, parts: 0 };
  for await (const batch of store.calls(range)) {
    const { calls, parts } = await store.deleteCalls(batch.map(({ id }) => id));
    total.calls += calls;
    total.parts += parts;
    // Whatever else is due in this process, its sign of life among it, comes in between.
    await turn();
  }
  return total;
}

/** The specialists whose datasets have calls of the range, with where they stand. */
export async function learntFrom(store: Store, range: CallFilter): Promise<EraseReport['stays']> {
  const specialists = await store.specialists();
  if (specialists.length === 0) return { tasks: (await store.tasks()).length, specialists: [] };
  const ids = new Set<string>();
  for await (const batch of store.calls(range)) for (const { id } of batch) ids.add(id);
  const names = new Map((await store.tasks()).map(({ id, name }) => [id, name]));
  const stages = new Map((await store.deployments()).map(({ specialistId, stage }) => [specialistId, stage]));
  const found: EraseReport['stays']['specialists'][number][] = [];
  for (const { id, taskId, version, evidence } of specialists) {
    const dataset = await store.dataset(evidence.datasetId);
    if (
      !dataset ||
      !Object.values(dataset.splits).some((split) => split.some((each) => ids.has(each.callId)))
    )
      continue;
    found.push({ id, task: names.get(taskId) ?? taskId, version, stage: stages.get(id) ?? null });
  }
  return { tasks: names.size, specialists: found };
}
