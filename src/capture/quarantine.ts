/**
 * Segments that could not be drained as a whole, kept aside for whoever looks into it; bounded by size and age. And how much
 * waits to be drained. Does not: decide what goes here (drain.ts).
 */
import { mkdirSync, renameSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { JournalState } from '../core/status-report.ts';
import { CLOSED_ENDING, OPEN_ENDING } from './journal.ts';

/** The folder, in that of the journal. */
export const QUARANTINE = 'quarantine';

export interface QuarantineLimits {
  readonly maxBytes: number;
  /** Days since the segment was written. */
  readonly maxDays: number;
}

interface Kept {
  readonly path: string;
  readonly bytes: number;
  readonly at: number;
}

const DAY_MS = 86_400_000;

/** Moves a segment of the journal `dir` there. */
export function setAside(dir: string, name: string): void {
  mkdirSync(join(dir, QUARANTINE), { recursive: true, mode: 0o700 });
  try {
    renameSync(join(dir, name), join(dir, QUARANTINE, name));
  } catch (error) {
    // Another process has removed it.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}

/** Removes what is too old, then the oldest until the rest is small enough; returns how many segments went. */
export async function boundQuarantine(dir: string, limits: QuarantineLimits, now: number): Promise<number> {
  const kept = (await segmentsIn(join(dir, QUARANTINE))).sort((a, b) => a.at - b.at);
  let bytes = kept.reduce((sum, each) => sum + each.bytes, 0);
  let removed = 0;
  for (const segment of kept) {
    if (bytes <= limits.maxBytes && now - segment.at <= limits.maxDays * DAY_MS) continue;
    await rm(segment.path, { force: true });
    bytes -= segment.bytes;
    removed++;
  }
  return removed;
}

/** What journals hold: segments that wait for the drain, and those in quarantine. Missing folders hold nothing. */
export async function journalState(dirs: readonly string[], now: number): Promise<JournalState> {
  const waiting = (await Promise.all(dirs.map(segmentsIn))).flat();
  const aside = (await Promise.all(dirs.map((dir) => segmentsIn(join(dir, QUARANTINE))))).flat();
  const sum = (kept: readonly Kept[]): number => kept.reduce((total, { bytes }) => total + bytes, 0);
  return {
    waiting: {
      segments: waiting.length,
      bytes: sum(waiting),
      oldestSeconds:
        waiting.length === 0
          ? null
          : Math.max(0, Math.round((now - waiting.reduce((min, { at }) => Math.min(min, at), now)) / 1000)),
    },
    quarantine: { segments: aside.length, bytes: sum(aside) },
  };
}

async function segmentsIn(dir: string): Promise<Kept[]> {
  const names = await readdir(dir).catch(() => []);
  const kept: Kept[] = [];
  for (const name of names) {
    if (!name.endsWith(OPEN_ENDING) && !name.endsWith(CLOSED_ENDING)) continue;
    const path = join(dir, name);
    // Gone in the meantime.
    const found = await stat(path).catch(() => null);
    // Empty: begun, and nothing in it that waits.
    if (found && found.size > 0) kept.push({ path, bytes: found.size, at: found.mtimeMs });
  }
  return kept;
}
