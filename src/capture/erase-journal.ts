/**
 * Journals without the days that are erased: segments are removed, or written again without what is of those days; those
 * in quarantine too. A segment that a running gateway is writing is left to it: it ends within seconds, and the drain then
 * drops what can no longer be opened.
 * Does not: delete keys or touch the store (erase.ts).
 */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSegment, encodeFrame, type Frame, SEGMENT_HEADER } from './frames.ts';
import { CLOSED_ENDING, closeAbandoned, OPEN_ENDING } from './journal.ts';
import { QUARANTINE } from './quarantine.ts';
import { dayOf } from './vault.ts';

export interface ErasedJournal {
  /** Calls of those days that stood in segments; some may be in the store too. */
  readonly calls: number;
  /** Segments that were removed or written again. */
  readonly segments: number;
  /** Segments that a running gateway is writing, with something of those days. */
  readonly open: number;
}

/**
 * @param isErased Tells the days.
 * @param dryRun Count, and change nothing.
 */
export function eraseJournal(
  dir: string,
  isErased: (day: string) => boolean,
  dryRun: boolean,
): ErasedJournal {
  const total = { calls: 0, segments: 0, open: 0 };
  if (!existsSync(dir)) return total;
  if (!dryRun) closeAbandoned(dir);
  for (const folder of [dir, join(dir, QUARANTINE)]) {
    for (const name of segmentsIn(folder)) {
      const path = join(folder, name);
      const found = look(path, isErased);
      if (found === null) continue;
      total.calls += found.calls;
      if (name.endsWith(OPEN_ENDING) && folder === dir) total.open++;
      else {
        total.segments++;
        if (!dryRun) replace(path, found.kept);
      }
    }
  }
  return total;
}

function segmentsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => name.endsWith(OPEN_ENDING) || name.endsWith(CLOSED_ENDING));
}

/** What a segment has of those days, and what else; null where it has nothing of them, or has gone meanwhile. */
function look(
  path: string,
  isErased: (day: string) => boolean,
): { readonly calls: number; readonly kept: readonly Frame[] } | null {
  const bytes = unlessGone(() => readFileSync(path));
  if (bytes === null) return null;
  const { frames } = decodeSegment(bytes);
  // Nothing in it can be read, so that it is told by the time of its last write.
  if (frames.length === 0) {
    const written = unlessGone(() => statSync(path));
    return written !== null && isErased(dayOf(written.mtimeMs)) ? { calls: 0, kept: [] } : null;
  }
  const { gone = [], kept = [] } = Object.groupBy(frames, (frame) =>
    isErased(dayOfFrame(frame)) ? 'gone' : 'kept',
  );
  return gone.length === 0 ? null : { calls: gone.filter(({ kind }) => kind === 'call').length, kept };
}

function dayOfFrame(frame: Frame): string {
  if (frame.kind === 'part') return frame.part.day;
  return frame.kind === 'call' ? dayOf(frame.call.at) : frame.feedback.content.day;
}

/** The segment with these frames alone; damage in it, whose day nobody can tell, goes too. */
function replace(path: string, kept: readonly Frame[]): void {
  if (kept.length === 0) {
    rmSync(path, { force: true });
    return;
  }
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, Buffer.concat([SEGMENT_HEADER, ...kept.map(encodeFrame)]), {
    mode: 0o600,
    flush: true,
  });
  // A drain may have taken the segment meanwhile: what it has added is recognised when it comes again.
  renameSync(draft, path);
}

function unlessGone<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
