/**
 * The journal: an append-only record on disk that a call is in before its response ends. All frames of one turn of
 * the event loop go out in one write, and nothing is acknowledged before it: a killed process loses nothing that was.
 * A write is not an fsync: a power cut may lose what was written in the last second, and no more.
 * Does not: know what the frames hold (frames.ts), or read them back (drain.ts).
 */
import {
  close,
  fdatasync,
  fsync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { UnderstudyError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import { SEGMENT_HEADER } from './frames.ts';
import { tryLock } from './lock.ts';

/** A segment that is being written, and one that is complete. */
export const OPEN_ENDING = '.open';
export const CLOSED_ENDING = '.segment';

/** How long what is written may not be on the disk itself, in milliseconds. */
const SYNC_MS = 1000;

export interface Journal {
  /**
   * Appends frames (see frames.ts) in order; resolves once they are in the file.
   * @param frames Is called at once with the generation that the frames will belong to. It changes whenever a new
   *   segment begins or frames given before were not written: what is not in this generation has to be given again.
   * @throws UnderstudyError 'unavailable' where they could not be written; then none of them are there.
   */
  append(frames: (generation: number) => readonly Uint8Array[]): Promise<void>;
  /** Ends the segment, if it holds anything, so that it can be drained and removed. */
  rotate(): void;
  close(): void;
}

interface Waiting {
  readonly frames: readonly Uint8Array[];
  resolve(): void;
  reject(error: unknown): void;
}

export interface JournalOptions {
  readonly dir: string;
  /** Default: 8 MiB. */
  readonly segmentBytes?: number;
  /** Ends the names of this writer's segments, where several write into one folder. Default: none. */
  readonly label?: string;
}

export function openJournal({ dir, segmentBytes = 8 * 1024 * 1024, label = '' }: JournalOptions): Journal {
  let startedAt = 0;
  let file: { readonly fd: number; readonly path: string } | null = null;
  /** Bytes of whole, written frames in the file. */
  let size = 0;
  let generation = 0;
  let queue: Waiting[] = [];
  let scheduled = false;
  let syncing: NodeJS.Timeout | undefined;

  /** On the disk itself within SYNC_MS, in a thread of its own: no call waits for it. */
  const syncSoon = (): void => {
    if (syncing !== undefined) return;
    syncing = setTimeout(() => {
      syncing = undefined;
      const synced = file;
      if (synced === null) return;
      fdatasync(synced.fd, (error) => {
        // After an error the system takes the file for synced, whatever became of it (fsync(2)): only a new file
        // can be trusted from here on.
        if (error && file === synced) end();
      });
    }, SYNC_MS).unref();
  };

  const begin = (): { readonly fd: number; readonly path: string } => {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    // Names sort in the order of the segments, two of one millisecond too.
    startedAt = Math.max(Date.now(), startedAt + 1);
    const path = join(dir, `${newId('j', startedAt)}${label}${OPEN_ENDING}`);
    const begun = { fd: openSync(path, 'ax', 0o600), path };
    file = begun;
    size = 0;
    return begun;
  };

  /** Ended segments that could not be renamed or removed: the folder is gone, full or read-only. */
  let unnamed: { readonly path: string; readonly empty: boolean }[] = [];
  const nameEnded = (): void => {
    const waiting = unnamed;
    unnamed = [];
    for (const segment of waiting) {
      try {
        if (segment.empty) rmSync(segment.path, { force: true });
        else renameSync(segment.path, closedName(segment.path));
      } catch {
        unnamed.push(segment);
      }
    }
  };

  const end = (): void => {
    const ended = file;
    file = null;
    generation++;
    if (ended === null) return;
    unnamed.push({ path: ended.path, empty: size === 0 });
    size = 0;
    nameEnded();
    // What fsync or close report cannot be mended any more; the frames are in the file as the system shows it.
    fsync(ended.fd, () => close(ended.fd, () => {}));
  };

  const flush = (): void => {
    scheduled = false;
    const batch = queue;
    queue = [];
    if (batch.length === 0) return;
    try {
      const { fd } = file ?? begin();
      const bytes = Buffer.concat([
        ...(size === 0 ? [SEGMENT_HEADER] : []),
        ...batch.flatMap((waiting) => waiting.frames),
      ]);
      try {
        writeAll(fd, bytes);
      } catch (error) {
        // Half a batch must not stand before the frames of the next one.
        ftruncateSync(fd, size);
        throw error;
      }
      size += bytes.length;
      syncSoon();
      for (const waiting of batch) waiting.resolve();
    } catch (cause) {
      // A new segment, since nobody can say what this one has become.
      end();
      const error = new UnderstudyError('unavailable', `The journal in ${dir} cannot be written.`, {
        hint: 'Check that the data folder is writable and has free space.',
        cause,
      });
      for (const waiting of batch) waiting.reject(error);
    }
  };

  return {
    append(frames) {
      if (queue.length === 0 && size >= segmentBytes) end();
      return new Promise((resolve, reject) => {
        queue.push({ frames: frames(generation), resolve, reject });
        if (scheduled) return;
        scheduled = true;
        setImmediate(flush);
      });
    },
    rotate() {
      flush();
      if (unnamed.length > 0) nameEnded();
      if (size > 0) end();
    },
    close() {
      flush();
      end();
    },
  };
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

function closedName(path: string): string {
  return path.slice(0, -OPEN_ENDING.length) + CLOSED_ENDING;
}

/**
 * Closes what recorders left open, where none is running: who gets the lock knows. The lock is not held afterwards, so that
 * a gateway may start.
 */
export function closeAbandoned(dir: string): void {
  const lock = tryLock(dir);
  if (lock === null) return;
  try {
    closeLeftovers(dir);
  } finally {
    lock.release();
  }
}

/**
 * Segments that a killed writer had open are complete now; a torn end is told apart when they are read. What cannot be
 * renamed (a full disk) stays for the next time.
 * @param label Only those of the writers with this label. Default: all.
 */
export function closeLeftovers(dir: string, label = ''): void {
  for (const name of namesIn(dir)) {
    if (!name.endsWith(label + OPEN_ENDING)) continue;
    try {
      renameSync(join(dir, name), join(dir, closedName(name)));
    } catch {
      // It is read under its open name, and its calls are known when it is read again.
    }
  }
}

function namesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
