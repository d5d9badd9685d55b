/**
 * One recorder per journal: a lock that the operating system gives back when its process dies, however it dies.
 * Node has no file locks, SQLite has; so the lock is an empty database that is held in a transaction.
 */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface Lock {
  release(): void;
}

/**
 * The journal's lock, or null while a recorder (or a drain that clears up after one) holds it.
 * @param waitMs How long to wait for it, blocking the thread.
 */
export function tryLock(dir: string, waitMs = 0): Lock | null {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const path = join(dir, 'lock');
  // SQLite would make it as the umask says.
  closeSync(openSync(path, 'a', 0o600));
  const database = new DatabaseSync(path, { timeout: waitMs });
  try {
    database.exec('BEGIN EXCLUSIVE');
    return { release: () => database.close() };
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === 5) return null;
    throw error;
  }
}
