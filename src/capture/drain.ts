/**
 * Brings the journal's calls into the store, through the second stage of redaction. A segment is removed only after the
 * store has committed all of its calls to the disk; what cannot be read is kept aside, in `quarantine/`, and counted. A call
 * that comes twice is kept once, so a drain may be broken off and repeated anywhere.
 * Does not: write the journal (journal.ts) or redact (second-stage.ts).
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, UnderstudyError } from '../core/errors.ts';
import type { CallStore, SealedPart, StoredCall } from '../core/store.ts';
import { decodeSegment } from './frames.ts';
import { CLOSED_ENDING, closeLeftovers, OPEN_ENDING } from './journal.ts';
import { tryLock } from './lock.ts';
import type { SecondStage } from './second-stage.ts';

export interface Drained {
  /** Calls that the store did not have. */
  readonly calls: number;
  /** Bytes at the ends of complete segments that are no whole frame: what a killed process was writing, or damage. */
  readonly tornBytes: number;
  /** Damaged stretches of segments, and calls that lack a part because of one or are unreadable. */
  readonly damaged: number;
  /** Segments that were set aside for it. */
  readonly quarantined: number;
}

export interface DrainOptions {
  readonly dir: string;
  readonly store: Pick<CallStore, 'addCalls' | 'knownCalls'>;
  /** Asked for when there is something to drain. */
  readonly openStage: () => Promise<SecondStage>;
  /** Bytes of the journal that are done, of those that were there at the beginning. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Where segments go that could not be read as a whole. */
export const QUARANTINE = 'quarantine';
/** Calls in one transaction, and looked at together. */
const BATCH = 200;

/**
 * Drains what is in the journal `dir` now, also what a running recorder has written into its open segment (which
 * stays, and is drained again later).
 * @throws UnderstudyError as the store's ('overloaded' where it is locked); nothing is lost, try again.
 */
export async function drain(options: DrainOptions): Promise<Drained> {
  const { dir, onProgress, signal } = options;
  const total = { calls: 0, tornBytes: 0, damaged: 0, quarantined: 0 };
  closeAbandoned(dir);
  const segments = readdirSync(dir).filter(
    (name) => name.endsWith(OPEN_ENDING) || name.endsWith(CLOSED_ENDING),
  );
  let unread: unknown = null;
  for (const [i, name] of segments.sort().entries()) {
    try {
      await drainSegment(name, options, total, (share) => onProgress?.(i + share, segments.length));
    } catch (error) {
      // One that cannot be read must not keep the others waiting; what ails the store ails them all.
      if (error instanceof UnderstudyError) throw error;
      unread = error;
    }
    if (signal?.aborted) break;
  }
  if (unread !== null) {
    throw new UnderstudyError('unavailable', `A segment in ${dir} cannot be read: ${messageOf(unread)}`, {
      hint: 'Check the owner and the mode of the files in it.',
      cause: unread,
    });
  }
  return total;
}

/** Segments that a recorder left open are complete where no recorder runs: whoever gets the lock knows. */
function closeAbandoned(dir: string): void {
  const lock = tryLock(dir);
  if (lock === null) return;
  try {
    closeLeftovers(dir);
  } finally {
    // Not held while draining: a gateway may start meanwhile.
    lock.release();
  }
}

async function drainSegment(
  name: string,
  { dir, store, openStage, signal }: DrainOptions,
  total: { -readonly [K in keyof Drained]: Drained[K] },
  onShare: (share: number) => void,
): Promise<void> {
  const bytes = readIfThere(join(dir, name));
  if (bytes === null) return;
  const segment = decodeSegment(bytes);
  const parts = new Map<string, SealedPart>();
  const calls: StoredCall[] = [];
  for (const frame of segment.frames) {
    if (frame.kind === 'part') parts.set(frame.part.id, frame.part);
    else calls.push(frame.call);
  }
  let refused = 0;
  for (let at = 0; at < calls.length; at += BATCH) {
    const added = await addBatch(store, openStage, calls.slice(at, at + BATCH), parts);
    total.calls += added.calls;
    refused += added.refused;
    onShare(Math.min(1, (at + BATCH) / calls.length));
    if (signal?.aborted) return;
  }
  if (!name.endsWith(CLOSED_ENDING)) return;
  const damaged = segment.damaged + refused;
  total.tornBytes += segment.tornBytes;
  total.damaged += damaged;
  if (damaged === 0 && segment.tornBytes === 0) rmSync(join(dir, name), { force: true });
  else {
    total.quarantined++;
    setAside(dir, name);
  }
}

function setAside(dir: string, name: string): void {
  mkdirSync(join(dir, QUARANTINE), { recursive: true, mode: 0o700 });
  try {
    renameSync(join(dir, name), join(dir, QUARANTINE, name));
  } catch (error) {
    // Another drain was quicker.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}

async function addBatch(
  store: DrainOptions['store'],
  openStage: () => Promise<SecondStage>,
  given: readonly StoredCall[],
  parts: ReadonlyMap<string, SealedPart>,
): Promise<{ readonly calls: number; readonly refused: number }> {
  const known = await store.knownCalls(given.map(({ id }) => id));
  const calls = given.filter(({ id }) => !known.has(id));
  if (calls.length === 0) return { calls: 0, refused: 0 };
  try {
    const refined = await (await openStage()).refine(calls, parts);
    const added = await store.addCalls(refined.calls, refined.parts, refined.keys).catch(unlessErased);
    // A day was erased while its calls were looked through: now they are told as erased.
    if (added === null) return addBatch(store, openStage, given, parts);
    return { calls: added, refused: refined.refused };
  } catch (error) {
    if (isPassing(error)) throw error;
    if (calls.length === 1) return { calls: 0, refused: 1 };
    // One of them cannot be stored, whenever it is tried: it must not keep the others out.
    let added = 0;
    let refused = 0;
    for (const call of calls) {
      const one = await addBatch(store, openStage, [call], parts);
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

/** What an operator is told of segments that were set aside. */
export function quarantineLine({ damaged, tornBytes, quarantined }: Omit<Drained, 'calls'>): string {
  return (
    `capture: ${damaged} damaged entries and ${tornBytes} byte(s) of unfinished writes could not be read; ` +
    `${quarantined} segment(s) are kept in ${QUARANTINE}/ of the journal.`
  );
}

export interface Draining {
  /** Resolves after the drain under way, which stops at the next batch. */
  stop(): Promise<void>;
}

/** Drains again and again. A locked store only delays it. */
export function startDrain(
  options: Omit<DrainOptions, 'onProgress' | 'signal'> & {
    readonly everyMs?: number;
    readonly onDrained?: (drained: Drained) => void;
    /** One line for the operator where something stays wrong; never holds a payload. */
    readonly log: (line: string) => void;
  },
): Draining {
  const { everyMs = 2000, onDrained, log } = options;
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let failures = 0;

  const again = (): void => {
    if (stopping.signal.aborted) return;
    timer = setTimeout(() => {
      running = once().finally(again);
    }, everyMs);
  };
  const once = async (): Promise<void> => {
    try {
      const drained = await drain({ ...options, signal: stopping.signal });
      failures = 0;
      onDrained?.(drained);
    } catch (error) {
      // Locked for a moment is normal; told when it lasts, and again while it does.
      if (++failures % 100 === 10) log(`capture: calls wait in the journal: ${messageOf(error)}`);
    }
  };
  again();
  return {
    stop: async () => {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
