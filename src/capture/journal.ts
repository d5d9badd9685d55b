/**
 * The journal: an append-only record on disk that a call is in before its response ends. All frames of one turn of
 * the event loop go out in one write, and nothing is acknowledged before it: a killed process loses nothing that was.
 * A write is not an fsync: a power cut may lose what was written in the last second, and no more.
 * Does not: know what the frames hold (frames.ts), or read them back (drain.ts).
 */
import {
  closeSync,
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

export function openJournal(dir: string, segmentBytes: number = 8 * 1024 * 1024): Journal {
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
      // An error of the disk shows in the next write; a closed file was synced when it was closed.
      if (file) fdatasync(file.fd, () => {});
    }, SYNC_MS).unref();
  };

  const begin = (): { readonly fd: number; readonly path: string } => {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    // Names sort in the order of the segments, two of one millisecond too.
    startedAt = Math.max(Date.now(), startedAt + 1);
    const path = join(dir, `${newId('j', startedAt)}${OPEN_ENDING}`);
    const begun = { fd: openSync(path, 'ax', 0o600), path };
    file = begun;
    size = 0;
    return begun;
  };

  const end = (): void => {
    const ended = file;
    file = null;
    generation++;
    if (ended === null) return;
    try {
      if (size === 0) rmSync(ended.path);
      else renameSync(ended.path, ended.path.slice(0, -OPEN_ENDING.length) + CLOSED_ENDING);
    } catch {
      // The folder is gone or read-only: the next start finds the segment under its open name.
    }
    size = 0;
    fsync(ended.fd, () => closeSync(ended.fd));
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

/** Segments that a killed recorder had open are complete now; a torn end is told apart when they are read. */
export function closeLeftovers(dir: string): void {
  for (const name of readdirSync(dir)) {
    if (!name.endsWith(OPEN_ENDING)) continue;
    renameSync(join(dir, name), join(dir, name.slice(0, -OPEN_ENDING.length) + CLOSED_ENDING));
  }
}
