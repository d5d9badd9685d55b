/**
 * The disk of the data folder, as uploads meet it: what it has free, asked within a time, and what its own errors come to.
 * Does not: write to it (uploads.ts, folder.ts).
 */
import { statfs } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, UnderstudyError } from '../../core/errors.ts';

export interface Limits {
  readonly maxBytes: number;
  /** As it was before the upload. */
  readonly free: number;
}

export interface DiskOptions {
  /** Bytes that the disk of a folder has free. Default: as the system says. */
  readonly freeBytes?: (dir: string) => Promise<number>;
  /** How long it may take to say so, milliseconds. Default: 5 seconds. */
  readonly maxMs?: number;
}

interface Disk {
  /** @throws UnderstudyError 'unavailable' (503) where the disk does not say, or not in time. */
  freeBytes(): Promise<number>;
  /** An error as people are told it: with what to do where the disk is full; else as it is. */
  told(error: unknown): unknown;
}

const MAX_MS = 5000;

export function openDisk(dir: string, { freeBytes = systemFree, maxMs = MAX_MS }: DiskOptions = {}): Disk {
  /** One that hangs holds a thread of the few that there are: nobody asks a second time meanwhile. */
  let asking: Promise<number | UnderstudyError> | null = null;
  const ask = async (): Promise<number | UnderstudyError> => {
    try {
      return await freeBytes(dir);
    } catch (error) {
      return unwell(messageOf(error));
    } finally {
      asking = null;
    }
  };
  return {
    freeBytes: async () => {
      const over = new AbortController();
      asking ??= ask();
      const late = sleep(maxMs, unwell('it does not answer'), { ref: false, signal: over.signal });
      try {
        const free = await Promise.race([asking, late.catch(() => 0)]);
        if (typeof free === 'number') return free;
        throw free;
      } finally {
        over.abort();
      }
    },
    told: (error) => (isFull(error) ? noRoom(0) : error),
  };
}

async function systemFree(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir);
  return bavail * bsize;
}

/** As the system says it, and SQLite, which holds the lock of a folder (https://sqlite.org/rescode.html#full). */
function isFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errcode } = error as { readonly code?: unknown; readonly errcode?: unknown };
  return code === 'ENOSPC' || code === 'EDQUOT' || errcode === SQLITE_FULL;
}

const SQLITE_FULL = 13;

/** @throws UnderstudyError where an upload of this size is refused. */
export function refuse(bytes: number, { maxBytes, free }: Limits): void {
  if (bytes > maxBytes)
    throw new UnderstudyError('bad-input', `The file is larger than ${maxBytes / 1_000_000} MB.`, {
      hint: '`understudy import FILE` takes files of any size; admin.maxUploadMb sets this limit.',
      data: { maxBytes },
      status: 413,
    });
  if (bytes > free) throw noRoom(free);
}

const noRoom = (free: number): UnderstudyError =>
  new UnderstudyError(
    'unavailable',
    `The disk of the data folder has no room for the file: ${Math.floor(free / 1_000_000)} MB are free.`,
    {
      hint: 'Free some space, or split the file. `understudy import FILE` reads it where it is, without a copy.',
      data: { free },
      status: 507,
    },
  );

const unwell = (why: string): UnderstudyError =>
  new UnderstudyError('unavailable', `The disk of the data folder cannot take a file: ${why}.`, {
    hint: 'Look after the disk; `understudy import FILE` needs it as well.',
    status: 503,
  });
