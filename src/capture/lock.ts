/**
 * One recorder per journal: a lock that the operating system gives back when its process dies, however it dies.
 * Node has no file locks, SQLite has; so the lock is an empty database that is held in a transaction.
 */
import { closeSync, existsSync, mkdirSync, openSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface Lock {
  release(): void;
}

/** Locks of this process. */
const held = new Set<string>();

/**
 * The journal's lock, or null while a recorder (or a drain that clears up after one) holds it.
 * @param waitMs How long to wait for it, blocking the thread.
 */
export function tryLock(dir: string, waitMs = 0): Lock | null {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const path = join(realpathSync(dir), 'lock');
  // To close a file takes all locks of the process from it (fcntl(2)), so one that is held here is not opened again.
  if (held.has(path)) return null;
  // SQLite would make it as the umask says.
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
  const database = new DatabaseSync(path, { timeout: waitMs });
  try {
    database.exec('BEGIN EXCLUSIVE');
    held.add(path);
    return {
      release: () => {
        held.delete(path);
        database.close();
      },
    };
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === 5) return null;
    throw error;
  }
}
