/**
 * A SQLite connection as the store needs it: opened with its pragmas, migrated, statements prepared once,
 * transactions, and SQLite's errors in our words.
 * Does not: know the tables (schema.ts, store.ts).
 */
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import type { Cipher } from '../../core/cipher.ts';
import { messageOf, UnderstudyError } from '../../core/errors.ts';
import { MIGRATIONS } from './schema.ts';
import { transactionsOf } from './transactions.ts';

export interface SqliteOptions {
  /** How long a statement waits for another process's lock, blocking its thread. Default: 5,000 ms. */
  readonly busyTimeoutMs?: number;
  /**
   * Whether what is committed survives a power cut (a crash it survives in any case). False where a thread must not wait
   * for the disk. Default: true.
   */
  readonly durable?: boolean;
}

/** Pages that a connection keeps, at most. */
const CACHE_KIB = 16 * 1024;

export type Row = Record<string, SQLOutputValue>;

export interface Database {
  all(sql: string, ...values: SQLInputValue[]): Row[];
  get(sql: string, ...values: SQLInputValue[]): Row | undefined;
  /** Returns the number of changed rows. */
  run(sql: string, ...values: SQLInputValue[]): number;
  /** Runs a statement for each of the rows. */
  runEach(sql: string, rows: readonly (readonly SQLInputValue[])[]): void;
  /** Runs an INSERT OR IGNORE of one row. Returns its number; null where it was there already. */
  insert(sql: string, ...values: SQLInputValue[]): number | null;
  /** Runs a statement that survives a power cut, whatever the connection does otherwise. */
  runDurably(sql: string, ...values: SQLInputValue[]): number;
  /**
   * Runs `work` in one transaction: all of it is kept, or none; of a 'read', all is seen as it was at one moment. One
   * with 'own-rows' refers only to rows that it has read or written itself, so that SQLite need not look for them again.
   */
  transaction<T>(work: () => T, kind?: 'read' | 'own-rows'): T;
  /** Empties the write-ahead log into the file. False where a reader of another process is in the way. */
  truncateLog(): boolean;
  close(): void;
}

/**
 * Opens (and creates or migrates) the database. Files are readable by their owner only.
 * @throws UnderstudyError 'unsupported' where the file was written by a newer program,
 *   'corrupt' where it is not a database, 'unavailable' where it cannot be opened, 'overloaded' where it is locked.
 */
export function openDatabase(path: string, cipher: Cipher, options: Required<SqliteOptions>): Database {
  const { busyTimeoutMs, durable } = options;
  return translated(path, () => {
    const fresh = path !== ':memory:' && !existsSync(path);
    if (fresh) mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const sqlite = new DatabaseSync(path, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
    try {
      // Its WAL takes over the mode of the file.
      if (path !== ':memory:') chmodSync(path, 0o600);
      sqlite.exec('PRAGMA journal_mode = WAL; PRAGMA secure_delete = ON;');
      sqlite.exec(synchronous(durable));
      // What many calls are added to stays in memory: with SQLite's 2 MB, pages of its indexes are read again and again.
      if (durable) sqlite.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
      // Checkpoints wait for the disk: they are left to the processes that may.
      if (!durable) sqlite.exec('PRAGMA wal_autocheckpoint = 0');
      if (migrate(sqlite, path, cipher)) sqlite.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE);');
    } catch (error) {
      sqlite.close();
      throw error;
    }
    return wrap(sqlite, path, durable);
  });
}

/** FULL: what is committed survives a power cut (https://www.sqlite.org/pragma.html#pragma_synchronous). */
function synchronous(durable: boolean): string {
  return `PRAGMA synchronous = ${durable ? 'FULL' : 'NORMAL'}`;
}

/** Whether rows were rewritten whose old content has to leave the file. */
function migrate(sqlite: DatabaseSync, path: string, cipher: Cipher): boolean {
  const version = (): number => Number(sqlite.prepare('PRAGMA user_version').get()?.user_version ?? 0);
  if (version() === MIGRATIONS.length) return false;
  return transactionsOf(sqlite).run(() => {
    // Read again under the lock: another process may have migrated while this one waited.
    const from = version();
    if (from > MIGRATIONS.length) {
      throw new UnderstudyError(
        'unsupported',
        `The store ${path} has schema version ${from}; this program knows up to ${MIGRATIONS.length}.`,
        { hint: 'Use the newer version of Understudy that wrote it, or another data folder.' },
      );
    }
    for (const { sql, finish } of MIGRATIONS.slice(from)) {
      sqlite.exec(sql);
      finish?.(sqlite, cipher);
    }
    sqlite.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
    return from > 0 && from < MIGRATIONS.length;
  });
}

function wrap(sqlite: DatabaseSync, path: string, durable: boolean): Database {
  const prepared = new Map<string, StatementSync>();
  const statement = (sql: string): StatementSync => {
    const known = prepared.get(sql);
    if (known) return known;
    const made = sqlite.prepare(sql);
    prepared.set(sql, made);
    return made;
  };
  const transactions = transactionsOf(sqlite);
  /** Does the work on a connection that is in order. */
  const inOrder = <T>(work: () => T): T =>
    translated(path, () => {
      transactions.settle();
      return work();
    });
  return {
    all: (sql, ...values) => inOrder(() => statement(sql).all(...values)),
    get: (sql, ...values) => inOrder(() => statement(sql).get(...values)),
    run: (sql, ...values) => inOrder(() => Number(statement(sql).run(...values).changes)),
    runEach: (sql, rows) =>
      inOrder(() => {
        const prepared = statement(sql);
        for (const values of rows) prepared.run(...values);
      }),
    insert: (sql, ...values) =>
      inOrder(() => {
        const { changes, lastInsertRowid } = statement(sql).run(...values);
        return Number(changes) === 0 ? null : Number(lastInsertRowid);
      }),
    runDurably: (sql, ...values) =>
      inOrder(() => {
        // Inside a transaction the setting cannot change; it is then as durable as the rest of it.
        const change = !durable && !transactions.isInside();
        if (change) sqlite.exec(synchronous(true));
        try {
          return Number(statement(sql).run(...values).changes);
        } finally {
          if (change) sqlite.exec(synchronous(false));
        }
      }),
    transaction: (work, kind) => inOrder(() => transactions.run(work, kind)),
    truncateLog: () => inOrder(() => statement('PRAGMA wal_checkpoint(TRUNCATE)').get()?.busy === 0),
    close: () => {
      if (sqlite.isOpen) sqlite.close();
    },
  };
}

/** SQLite result codes: https://www.sqlite.org/rescode.html (the low byte is the primary code). */
function translated<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof UnderstudyError) throw cause;
    const errcode =
      cause instanceof Error && 'errcode' in cause && typeof cause.errcode === 'number'
        ? cause.errcode & 255
        : 0;
    switch (errcode) {
      case 5: // SQLITE_BUSY
      case 6: // SQLITE_LOCKED
        throw new UnderstudyError('overloaded', `The store ${path} is locked by another process.`, {
          hint: 'Wait for the other process to finish its write, then try again.',
          cause,
        });
      case 11: // SQLITE_CORRUPT
      case 26: // SQLITE_NOTADB
        throw new UnderstudyError(
          'corrupt',
          `The store ${path} is damaged or not a store: ${messageOf(cause)}`,
          {
            hint: 'Restore it from a backup, or move it away to start with an empty one.',
            cause,
          },
        );
      case 8: // SQLITE_READONLY
      case 10: // SQLITE_IOERR
      case 13: // SQLITE_FULL
      case 14: // SQLITE_CANTOPEN
        throw new UnderstudyError('unavailable', `The store ${path} cannot be used: ${messageOf(cause)}`, {
          hint: 'Check that the data folder exists, is writable and has free space.',
          cause,
        });
      default:
        throw new UnderstudyError('internal', `The store ${path} refused a statement: ${messageOf(cause)}`, {
          hint: 'This is a fault in Understudy; please report it.',
          cause,
        });
    }
  }
}
