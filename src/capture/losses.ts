/**
 * What was lost, counted by reason in a file of the data folder, so that `status` and health can tell it, and it outlives
 * the process: nothing is lost unseen. Where the file cannot be written, the counts stay in memory.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject, parseJson } from '../core/json.ts';

export type LossReason =
  /** Answered, but the recorder failed or was too slow. */
  | 'not-recorded'
  /** Journalled, but not readable any more; the segment is in quarantine. */
  | 'damaged-in-journal'
  /** Came while the store or the journal could not be opened. */
  | 'capture-closed';

export interface Losses {
  add(reason: LossReason, count?: number): void;
  /** All that was ever lost with this data folder, in this process and before. */
  counts(): Readonly<Record<string, number>>;
  /** Writes what is not written yet. */
  close(): void;
}

const FILE = 'losses.json';
const WRITE_MS = 1000;

/** What a data folder has lost so far; empty where nothing tells. */
function readLosses(dataDir: string): Readonly<Record<string, number>> {
  try {
    const value = parseJson(readFileSync(join(dataDir, FILE), 'utf8'));
    if (!isObject(value)) return {};
    return Object.fromEntries(
      Object.entries(value).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
    );
  } catch {
    return {};
  }
}

export function openLosses(dataDir: string): Losses {
  /** Not in the file yet. */
  let fresh: Record<string, number> = {};
  let timer: NodeJS.Timeout | undefined;
  const sum = (): Record<string, number> => {
    const all = { ...readLosses(dataDir) };
    for (const [reason, count] of Object.entries(fresh)) all[reason] = (all[reason] ?? 0) + count;
    return all;
  };
  const write = (): void => {
    timer = undefined;
    if (Object.keys(fresh).length === 0) return;
    try {
      const path = join(dataDir, FILE);
      writeFileSync(`${path}.${process.pid}`, `${JSON.stringify(sum())}\n`, { mode: 0o600 });
      renameSync(`${path}.${process.pid}`, path);
      fresh = {};
    } catch {
      // A full or missing disk: they are told from memory, and written with the next ones.
    }
  };
  return {
    add(reason, count = 1) {
      if (count <= 0) return;
      fresh[reason] = (fresh[reason] ?? 0) + count;
      timer ??= setTimeout(write, WRITE_MS).unref();
    },
    counts: sum,
    close() {
      clearTimeout(timer);
      write();
    },
  };
}
