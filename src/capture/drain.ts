/**
 * Brings the journal's calls into the store. Segments are removed only after the store has committed all of their
 * calls; a call that comes twice is kept once, so a drain may be broken off and repeated anywhere.
 * Does not: write the journal (journal.ts) or open payloads.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, UnderstudyError } from '../core/errors.ts';
import type { SealedPart, Store, StoredCall } from '../core/store.ts';
import { decodeSegment } from './frames.ts';
import { CLOSED_ENDING, OPEN_ENDING } from './journal.ts';
import { tryLock } from './lock.ts';

export interface Drained {
  /** Calls that the store did not have. */
  readonly calls: number;
  /** Parts that came with the segments. */
  readonly parts: number;
  /** Bytes at the ends of complete segments that are no whole frame: what a killed process was writing. */
  readonly tornBytes: number;
  /** Damaged frames, and calls that lack a part because of one or are unreadable. */
  readonly damaged: number;
}

const BATCH = 50;

/**
 * Drains what is in the journal `dir` now, also what a running recorder has written into its open segment (which
 * stays, and is drained again later).
 * @throws UnderstudyError as the store's ('overloaded' where it is locked); nothing is lost, try again.
 */
export function drain(dir: string, store: Store): Drained {
  const steps = drainSteps(dir, store);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** As drain, in steps of one transaction each. */
function* drainSteps(dir: string, store: Store): Generator<void, Drained> {
  const total = { calls: 0, parts: 0, tornBytes: 0, damaged: 0 };
  // Whoever gets the lock knows that no recorder runs: then open segments are left-overs, and complete.
  const lock = tryLock(dir);
  try {
    for (const name of readdirSync(dir).sort()) {
      if (!name.endsWith(OPEN_ENDING) && !name.endsWith(CLOSED_ENDING)) continue;
      const path = join(dir, name);
      const bytes = readIfThere(path);
      if (bytes === null) continue;
      const complete = name.endsWith(CLOSED_ENDING) || lock !== null;
      const segment = decodeSegment(bytes);
      const parts = new Map<string, SealedPart>();
      const calls: StoredCall[] = [];
      for (const frame of segment.frames) {
        if (frame.kind === 'part') parts.set(frame.part.id, frame.part);
        else calls.push(frame.call);
      }
      for (let at = 0; at < calls.length; at += BATCH) {
        const { added, refused } = addBatch(store, calls.slice(at, at + BATCH), parts);
        total.calls += added;
        if (complete) total.damaged += refused;
        yield;
      }
      if (!complete) continue;
      total.parts += parts.size;
      total.tornBytes += segment.tornBytes;
      total.damaged += segment.damaged;
      rmSync(path, { force: true });
    }
    return total;
  } finally {
    lock?.release();
  }
}

function addBatch(
  store: Store,
  calls: readonly StoredCall[],
  parts: ReadonlyMap<string, SealedPart>,
): { readonly added: number; readonly refused: number } {
  const before = store.countCalls();
  let refused = 0;
  const add = (some: readonly StoredCall[]): void => {
    const held = new Set(some.flatMap((call) => [...call.requestParts, call.responsePart ?? '']));
    store.addCalls(
      some,
      [...held].flatMap((id) => parts.get(id) ?? []),
    );
  };
  try {
    add(calls);
  } catch (error) {
    if (isPassing(error)) throw error;
    // One of them cannot be stored, whenever it is tried: it must not keep the others out.
    for (const call of calls) {
      try {
        add([call]);
      } catch (single) {
        if (isPassing(single)) throw single;
        refused++;
      }
    }
  }
  return { added: store.countCalls() - before, refused };
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

export interface Draining {
  /** Stops after the step under way. */
  stop(): void;
}

/**
 * Drains again and again, one short transaction at a time with the event loop free in between. A locked store only
 * delays it.
 * @param options.store Open it with busyTimeoutMs 0, so that a lock never blocks the event loop.
 * @param options.recorder Its segment is ended each time, so that drained segments can go.
 */
export function startDrain(options: {
  readonly dir: string;
  readonly store: Store;
  readonly recorder?: { rotate(): void };
  readonly everyMs?: number;
  /** One line for the operator where something stays wrong; never holds a payload. */
  readonly log: (line: string) => void;
}): Draining {
  const { dir, store, recorder, everyMs = 2000, log } = options;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let failures = 0;

  const again = (): void => {
    if (stopped) return;
    timer = setTimeout(() => begin(), everyMs);
    timer.unref();
  };
  const begin = (): void => {
    try {
      recorder?.rotate();
    } catch {
      // The recorder counts and reports its own failures.
    }
    step(drainSteps(dir, store));
  };
  const step = (steps: Generator<void, Drained>): void => {
    if (stopped) {
      steps.return({ calls: 0, parts: 0, tornBytes: 0, damaged: 0 });
      return;
    }
    try {
      const { done, value } = steps.next();
      if (!done) {
        setImmediate(() => step(steps));
        return;
      }
      failures = 0;
      if (value.tornBytes > 0)
        log(`capture: ${value.tornBytes} byte(s) of an unfinished write were left out.`);
      if (value.damaged > 0) log(`capture: ${value.damaged} damaged journal entries were left out.`);
    } catch (error) {
      // Locked for a moment is normal; told when it lasts.
      if (++failures === 10) log(`capture: calls wait in the journal: ${messageOf(error)}`);
    }
    again();
  };
  again();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
