/**
 * Brings the journal's calls into the store, through the second stage of redaction. A segment is removed only after the
 * store has committed all of its calls to the disk; what cannot be read is kept aside, in `quarantine/`, and counted, and so
 * is what the process died of again and again. A call that comes twice is kept once, so a drain may be broken off and repeated
 * anywhere. One process drains a segment at a time.
 * Does not: write the journal (journal.ts), redact (second-stage.ts) or repeat itself (drain-loop.ts).
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { messageOf, UnderstudyError } from '../core/errors.ts';
import type { CallStore, FeedbackStore, SealedPart, StoredFeedback } from '../core/store.ts';
import { type Deaths, openDeaths } from './deaths.ts';
import { decodeSegment, type JournalCall } from './frames.ts';
import { CLOSED_ENDING, closeAbandoned, OPEN_ENDING } from './journal.ts';
import { type Lock, tryLock } from './lock.ts';
import { boundQuarantine, type QuarantineLimits, setAside } from './quarantine.ts';
import type { SecondStage } from './second-stage.ts';

export interface Drained {
  /** Calls that the store did not have. */
  readonly calls: number;
  /** Bytes at the ends of complete segments that are no whole frame: what a killed process was writing, or damage. */
  readonly tornBytes: number;
  /** Damaged stretches of segments, and calls that lack a part because of one or are unreadable. */
  readonly damaged: number;
  /** Calls, or whole segments where it was not known which call, that the process died of too often. */
  readonly undrainable: number;
  /** Segments that were set aside for any of this. */
  readonly quarantined: number;
  /** Segments that went from quarantine for their age, or to keep it small. */
  readonly removed: number;
}

type Totals = { -readonly [K in keyof Drained]: Drained[K] };

export function nothingDrained(): Totals {
  return { calls: 0, tornBytes: 0, damaged: 0, undrainable: 0, quarantined: 0, removed: 0 };
}

export interface DrainOptions {
  readonly dir: string;
  readonly store: Pick<CallStore, 'addCalls' | 'knownCalls'> & Pick<FeedbackStore, 'addFeedback'>;
  /** Asked for when there is something to drain. */
  readonly openStage: () => Promise<SecondStage>;
  /** Bytes of the journal that are done, of those that were there at the beginning. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Whether a segment that is still written to may be left for a later drain, when it is complete. Default: none may. */
  readonly mayWait?: (name: string) => boolean;
  readonly signal?: AbortSignal;
  /** Default: quarantine is left as it is. */
  readonly quarantine?: QuarantineLimits;
  readonly now?: () => number;
}

/** What belongs to the drain alone, in the folder of the journal: its lock, and deaths.json. */
const FOLDER = 'drain';
/** Calls in one transaction, and looked at together. */
const BATCH = 1000;
/**
 * Deaths on one batch after which its calls are taken one by one; the one that kills the process again is left out. So it
 * dies three times of a call, and of a segment that it cannot even read.
 */
const MAX_DEATHS = 2;
/** How often it is looked whether another process is done with its segment, milliseconds. */
const POLL_MS = 10;

/**
 * Drains what is in the journal `dir` now, also what a running recorder has written into its open segment (which
 * stays, and is drained again later).
 * @throws UnderstudyError as the store's ('overloaded' where it is locked); nothing is lost, try again.
 */
export async function drain(options: DrainOptions): Promise<Drained> {
  const { dir, onProgress, mayWait = () => false, signal, quarantine, now = Date.now } = options;
  const total = nothingDrained();
  closeAbandoned(dir);
  const segments = readdirSync(dir)
    .filter((name) => (name.endsWith(OPEN_ENDING) ? !mayWait(name) : name.endsWith(CLOSED_ENDING)))
    .sort();
  // Those that the process died of come last: what can be drained does not wait for them.
  const suspects = new Set<string>();
  const locked = await waitForLock(join(dir, FOLDER), signal);
  if (locked === null) return total;
  try {
    const deaths = openDeaths(join(dir, FOLDER));
    for (const name of segments) if (deaths.below(stepOf(name)) > 0) suspects.add(name);
  } finally {
    locked.release();
  }
  const ordered = [...segments.filter((name) => !suspects.has(name)), ...suspects];
  let unread: unknown = null;
  for (const [i, name] of ordered.entries()) {
    const lock = await waitForLock(join(dir, FOLDER), signal);
    if (lock === null) break;
    const before = total.calls;
    try {
      const deaths = openDeaths(join(dir, FOLDER));
      await drainSegment(name, options, deaths, total, (share) => onProgress?.(i + share, ordered.length));
    } catch (error) {
      // One that cannot be read must not keep the others waiting; what ails the store ails them all.
      if (error instanceof UnderstudyError) throw error;
      unread = error;
    } finally {
      lock.release();
    }
    if (signal?.aborted) break;
    // Whoever waits gets its turn.
    if (total.calls > before && i + 1 < ordered.length) await pause(2 * POLL_MS);
  }
  if (quarantine) total.removed += await boundQuarantine(dir, quarantine, now());
  if (unread !== null) {
    throw new UnderstudyError('unavailable', `A segment in ${dir} cannot be read: ${messageOf(unread)}`, {
      hint: 'Check the owner and the mode of the files in it.',
      cause: unread,
    });
  }
  return total;
}

/** The drain's lock; null where it was aborted before another process let go of it. */
async function waitForLock(dir: string, signal: AbortSignal | undefined): Promise<Lock | null> {
  while (!signal?.aborted) {
    const lock = tryLock(dir);
    if (lock !== null) return lock;
    await pause(POLL_MS);
  }
  return null;
}

/** How the steps of a segment's drain begin; the same whether it is still written to or not. */
function stepOf(name: string): string {
  return `${name.slice(0, name.lastIndexOf('.'))} `;
}

async function drainSegment(
  name: string,
  { dir, store, openStage, signal }: DrainOptions,
  deaths: Deaths,
  total: Totals,
  onShare: (share: number) => void,
): Promise<void> {
  const step = stepOf(name);
  const path = join(dir, name);
  const isWhole = name.endsWith(CLOSED_ENDING);
  const reading = `${step}read`;
  if (deaths.in(reading) > MAX_DEATHS) {
    if (!isWhole) return;
    total.undrainable++;
    total.quarantined++;
    deaths.forget(step);
    setAside(dir, name);
    return;
  }
  const bytes = readIfThere(path);
  if (bytes === null) return;
  const { parts, calls, feedback, ...segment } = await deaths.mark(reading, () => partsAndCalls(bytes));
  let refused = 0;
  let undrainable = 0;
  for (let at = 0; at < calls.length; at += BATCH) {
    const given = calls.slice(at, at + BATCH);
    const known = await store.knownCalls(given.map(({ id }) => id));
    const fresh = given.filter(({ id }) => !known.has(id));
    const batch = `${step}${at}`;
    const add = async (marked: string, some: readonly JournalCall[]): Promise<void> => {
      // Before the mark: the model may have to be fetched first.
      const stage = await openStage();
      const added = await deaths.mark(marked, () => addBatch(store, stage, some, parts));
      total.calls += added.calls;
      refused += added.refused;
    };
    if (fresh.length > 0 && deaths.in(batch) < MAX_DEATHS) await add(batch, fresh);
    else {
      for (const call of fresh) {
        const one = `${batch} ${call.id}`;
        if (deaths.in(one) > 0) undrainable++;
        else await add(one, [call]);
        if (signal?.aborted) return;
      }
    }
    onShare(Math.min(1, (at + BATCH) / calls.length));
    if (signal?.aborted) return;
  }
  // After the calls, and however often: what is there already stays.
  if (feedback.length > 0 && deaths.in(`${step}feedback`) <= MAX_DEATHS) {
    const stage = await openStage();
    refused += await deaths.mark(`${step}feedback`, () => addFeedback(store, stage, feedback));
  } else undrainable += feedback.length;
  if (!isWhole) return;
  const damaged = segment.damaged + refused;
  total.tornBytes += segment.tornBytes;
  total.damaged += damaged;
  total.undrainable += undrainable;
  deaths.forget(step);
  if (damaged === 0 && undrainable === 0 && segment.tornBytes === 0) rmSync(path, { force: true });
  else {
    total.quarantined++;
    setAside(dir, name);
  }
}

function partsAndCalls(bytes: Buffer): {
  readonly parts: ReadonlyMap<string, SealedPart>;
  readonly calls: readonly JournalCall[];
  readonly feedback: readonly StoredFeedback[];
  readonly tornBytes: number;
  readonly damaged: number;
} {
  const { frames, tornBytes, damaged } = decodeSegment(bytes);
  const parts = new Map<string, SealedPart>();
  const calls: JournalCall[] = [];
  const feedback: StoredFeedback[] = [];
  for (const frame of frames) {
    if (frame.kind === 'part') parts.set(frame.part.id, frame.part);
    else if (frame.kind === 'call') calls.push(frame.call);
    else feedback.push(frame.feedback);
  }
  return { parts, calls, feedback, tornBytes, damaged };
}

/** Returns how much could not be opened or stored. */
async function addFeedback(
  store: DrainOptions['store'],
  stage: SecondStage,
  feedback: readonly StoredFeedback[],
): Promise<number> {
  try {
    const refined = await stage.refineFeedback(feedback);
    const added = await store.addFeedback(refined.feedback, refined.keys).catch(unlessErased);
    // A day was erased meanwhile: now it is told as erased.
    return added === null ? addFeedback(store, stage, feedback) : refined.refused;
  } catch (error) {
    if (isPassing(error)) throw error;
    if (feedback.length === 1) return 1;
    // As with calls: one that cannot be stored must not keep the others out.
    let refused = 0;
    for (const each of feedback) refused += await addFeedback(store, stage, [each]);
    return refused;
  }
}

async function addBatch(
  store: DrainOptions['store'],
  stage: SecondStage,
  calls: readonly JournalCall[],
  parts: ReadonlyMap<string, SealedPart>,
): Promise<{ readonly calls: number; readonly refused: number }> {
  try {
    const refined = await stage.refine(calls, parts);
    const added = await store.addCalls(refined.calls, refined.parts, refined.keys).catch(unlessErased);
    // A day was erased while its calls were looked through: now they are told as erased.
    if (added === null) return addBatch(store, stage, calls, parts);
    return { calls: added, refused: refined.refused };
  } catch (error) {
    if (isPassing(error)) throw error;
    if (calls.length === 1) return { calls: 0, refused: 1 };
    // One of them cannot be stored, whenever it is tried: it must not keep the others out.
    let added = 0;
    let refused = 0;
    for (const call of calls) {
      const one = await addBatch(store, stage, [call], parts);
      added += one.calls;
      refused += one.refused;
    }
    return { calls: added, refused };
  }
}

/** Null for a key that is gone. @throws any other error. */
function unlessErased(error: unknown): null {
  if (error instanceof UnderstudyError && error.code === 'not-found') return null;
  throw error;
}

/** The store is locked, full or gone: trying again later may help. */
function isPassing(error: unknown): boolean {
  return error instanceof UnderstudyError && error.code !== 'bad-input' && error.code !== 'internal';
}

function readIfThere(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
