import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import { transactionsOf } from './transactions.ts';

/** A connection whose statements fail where `fails` says so. */
function connection(fails: (sql: string) => boolean) {
  const sqlite = new DatabaseSync(':memory:', { enableForeignKeyConstraints: true });
  sqlite.exec('CREATE TABLE days (id PRIMARY KEY); CREATE TABLE calls (day REFERENCES days (id))');
  const transactions = transactionsOf({
    exec: (sql) => {
      if (fails(sql)) throw new Error(`${sql}: disk I/O error`);
      sqlite.exec(sql);
    },
    get isTransaction() {
      return sqlite.isTransaction;
    },
  });
  return {
    sqlite,
    transactions,
    enforces: () => sqlite.prepare('PRAGMA foreign_keys').get()?.foreign_keys === 1,
  };
}

test('after a ROLLBACK that fails the work is undone and foreign keys are enforced at the next use, and its own error is told', () => {
  let isIll = true;
  const { sqlite, transactions, enforces } = connection((sql) => isIll && sql === 'ROLLBACK');
  assert.throws(
    () =>
      transactions.run(() => {
        sqlite.exec("INSERT INTO calls VALUES ('none')");
        throw new Error('the work failed');
      }, 'own-rows'),
    /the work failed/,
  );
  assert.throws(() => transactions.settle(), /ROLLBACK/);
  isIll = false;
  transactions.settle();
  assert.deepEqual([sqlite.isTransaction, enforces()], [false, true]);
  assert.equal(sqlite.prepare('SELECT count(*) AS n FROM calls').get()?.n, 0);
  assert.throws(() => sqlite.exec("INSERT INTO calls VALUES ('none')"), /FOREIGN KEY/);
});

test('whatever fails in a transaction, its work is kept whole or not, and the connection is in order afterwards', () =>
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { maxLength: 12 }),
      fc.constantFrom('read', 'own-rows', undefined),
      fc.boolean(),
      (failing, kind, throws) => {
        let at = 0;
        const { sqlite, transactions, enforces } = connection(() => failing[at++] === true);
        let isKept = false;
        try {
          transactions.run(() => {
            sqlite.exec("INSERT INTO days VALUES ('one')");
            transactions.run(() => sqlite.exec("INSERT INTO days VALUES ('two')"));
            if (throws) throw new Error('the work failed');
          }, kind);
          isKept = true;
        } catch {}
        assert.equal(transactions.isInside(), false);
        at = failing.length;
        transactions.settle();
        assert.deepEqual([sqlite.isTransaction, enforces()], [false, true]);
        assert.equal(sqlite.prepare('SELECT count(*) AS n FROM days').get()?.n, isKept ? 2 : 0);
        sqlite.close();
      },
    ),
  ));
