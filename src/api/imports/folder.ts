/**
 * Where this process keeps what is uploaded to it: a folder of its own below `uploads` in the data folder, which it holds by a lock.
 * The folder of a process that was killed at work is removed, that of one at work is left alone.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Lock, tryLock } from '../../capture/lock.ts';
import { UnderstudyError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';

export interface UploadFolder {
  /**
   * Made when it is first asked for, and anew where somebody has removed it.
   * @throws UnderstudyError 'overloaded' while other processes make theirs; whatever the disk says.
   */
  path(): string;
  /** Removes it, with what is in it. */
  remove(): void;
}

/** How long others may take to make or remove folders. It blocks the thread. */
const WAIT_MS = 1000;

/** Opens none yet, and removes what processes that are gone have left behind. */
export function uploadFolder(dataDir: string): UploadFolder {
  const all = join(dataDir, 'uploads');
  let own: { readonly path: string; readonly lock: Lock } | null = null;
  clearLeft(all);
  const remove = (): void => {
    if (own === null) return;
    own.lock.release();
    rmSync(own.path, { recursive: true, force: true });
    own = null;
  };
  return {
    path: () => {
      if (own !== null && !existsSync(own.path)) remove();
      own ??= make(all);
      return own.path;
    },
    remove,
  };
}

function make(all: string): { readonly path: string; readonly lock: Lock } {
  // So that nobody takes it for one that was left behind before it is held.
  const making = tryLock(all, WAIT_MS);
  const path = join(all, newId('uploads'));
  try {
    const lock = making && tryLock(path);
    if (lock) return { path, lock };
  } finally {
    making?.release();
  }
  throw new UnderstudyError('overloaded', 'The folder of uploads is in use by another process.', {
    hint: 'Try again in a moment.',
    status: 503,
  });
}

/** Where somebody else is at it, or the disk is not well, it is left to the next start. */
function clearLeft(all: string): void {
  try {
    mkdirSync(all, { recursive: true, mode: 0o700 });
    const clearing = tryLock(all, WAIT_MS);
    if (clearing === null) return;
    try {
      for (const entry of readdirSync(all, { withFileTypes: true })) {
        const path = join(all, entry.name);
        if (entry.isDirectory()) {
          const lock = tryLock(path);
          if (lock === null) continue;
          lock.release();
        } else if (entry.name.startsWith('lock')) continue;
        rmSync(path, { recursive: true, force: true });
      }
    } finally {
      clearing.release();
    }
  } catch {
    // An upload says what is wrong.
  }
}
