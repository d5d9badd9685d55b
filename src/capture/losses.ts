/**
 * What was lost, counted by reason in the data folder, so that `status` and health can tell it, and it outlives the process:
 * nothing is lost unseen. Each process that counts has a file of its own, which its lock keeps from any other, so nothing is
 * read, changed and written by two; the counts are the sum of all files. A process that ends leaves its file to the next one.
 * Where nothing can be written, the counts stay in memory until it can.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject, parseJson } from '../core/json.ts';
import { type Lock, tryLock } from './lock.ts';

export type LossReason =
  /** Answered, but the recorder failed or was too slow. */
  | 'not-recorded'
  /** Answered, but the memory that answers may take until they are recorded was full. */
  | 'too-much-at-once'
  /** Journalled, but not readable any more; the segment is in quarantine. */
  | 'damaged-in-journal'
  /** Journalled, but the drain's process died on it again and again; the segment is in quarantine. */
  | 'undrainable'
  /** Segments (not calls) that went from quarantine for their age or size. */
  | 'quarantine-removed'
  /** Feedback (not calls) that the recorder failed on, or that came while nothing could be recorded; its sender was told. */
  | 'feedback-not-recorded'
  /** Came while the store or the journal could not be opened. */
  | 'capture-closed';

export type LossCounts = Readonly<Record<string, number>>;

export interface Losses {
  add(reason: LossReason, count?: number): void;
  /** All that was ever lost with this data folder, in this process and in others, before and now. */
  counts(): LossCounts;
  /** Writes what is not written yet, and leaves the file to the next process. */
  close(): Promise<void>;
}

/** Of earlier versions; read, never written. */
const OLD_FILE = 'losses.json';
const FOLDER = 'losses';
const FILE = 'counts.json';
const WRITE_MS = 1000;
/** Processes of one data folder that count at the same time. */
const MAX_PROCESSES = 64;

/** @param writeMs How soon what is counted is written. Default: 1,000 ms. */
export function openLosses(dataDir: string, writeMs: number = WRITE_MS): Losses {
  /** What this process counts, in the file that is its own (after the first write), those of its predecessors included. */
  let own: Record<string, number> = {};
  let slot: { readonly name: string; readonly lock: Lock } | null = null;
  let unwritten = false;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | null = null;

  /** The first file that no living process has. @throws as tryLock, on a full disk for one. */
  const claim = (): NonNullable<typeof slot> => {
    for (let n = 0; n < MAX_PROCESSES; n++) {
      const lock = tryLock(join(dataDir, FOLDER, String(n)));
      if (lock === null) continue;
      own = summed([own, readCounts(join(dataDir, FOLDER, String(n), FILE))]);
      slot = { name: String(n), lock };
      return slot;
    }
    throw new Error('too many processes');
  };
  const write = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    await writing;
    if (!unwritten) return;
    unwritten = false;
    writing = (async () => {
      try {
        const { name } = slot ?? claim();
        const path = join(dataDir, FOLDER, name, FILE);
        // Whole or not at all: a torn file would take all earlier counts with it.
        await writeFile(`${path}.new`, `${JSON.stringify(own)}\n`, { mode: 0o600, flush: true });
        await rename(`${path}.new`, path);
      } catch {
        // A full or missing disk: they are told from memory, and written when there is room.
        unwritten = true;
        writeSoon();
      }
    })();
    await writing;
  };
  let closed = false;
  const writeSoon = (): void => {
    if (!closed) timer ??= setTimeout(() => void write(), writeMs).unref();
  };
  return {
    add(reason, count = 1) {
      if (count <= 0) return;
      own[reason] = (own[reason] ?? 0) + count;
      unwritten = true;
      writeSoon();
    },
    counts: () => {
      const others = foldersIn(join(dataDir, FOLDER)).filter((name) => name !== slot?.name);
      return summed([
        readCounts(join(dataDir, OLD_FILE)),
        ...others.map((name) => readCounts(join(dataDir, FOLDER, name, FILE))),
        own,
      ]);
    },
    async close() {
      closed = true;
      await write();
      slot?.lock.release();
      // Whoever takes it over counts on from here.
      if (slot !== null) own = {};
      slot = null;
    },
  };
}

function summed(all: readonly LossCounts[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const counts of all) {
    for (const [reason, count] of Object.entries(counts)) sum[reason] = (sum[reason] ?? 0) + count;
  }
  return sum;
}

/** Empty where nothing tells. */
function readCounts(path: string): LossCounts {
  try {
    const value = parseJson(readFileSync(path, 'utf8'));
    if (!isObject(value)) return {};
    return Object.fromEntries(
      Object.entries(value).filter((entry): entry is [string, number] => Number.isFinite(entry[1])),
    );
  } catch {
    return {};
  }
}

function foldersIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
