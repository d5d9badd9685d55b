import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Charge, ChargeStore } from '../core/charge.ts';
import { openLedger } from './ledger.ts';

const DAY = 86_400_000;
const usage = { promptTokens: 10, completionTokens: 1 };

/** A store in memory. */
function memory(): ChargeStore & { readonly rows: Charge[] } {
  const rows: Charge[] = [];
  return {
    rows,
    addCharges: async (charges) => {
      rows.push(...charges);
    },
    charges: async (since = '') => rows.filter(({ day }) => day >= since),
  };
}

describe('ledger', () => {
  it('counts what it has booked at once, and what others have when it is read', async () => {
    const store = memory();
    const ledgers = [1, 2].map(() => openLedger({ store: () => store, now: () => DAY }));
    const [one, two] = ledgers as [(typeof ledgers)[0], (typeof ledgers)[0]];
    await Promise.all(ledgers.map((each) => each.sync()));
    one.book('judge', 'big', usage, 0.5);
    one.book('judge', 'big', usage, 0.25);
    one.book('serving', 'small', usage, null);
    assert.equal(one.spentToday('judge'), 0.75);
    assert.equal(two.spentToday('judge'), 0);
    await one.sync();
    await two.sync();
    assert.equal(one.spentToday('judge'), 0.75);
    assert.equal(two.spentToday('judge'), 0.75);
    assert.deepEqual(
      store.rows.map(({ for: what, requests, unpriced }) => [what, requests, unpriced]),
      [
        ['judge', 2, 0],
        ['serving', 1, 1],
      ],
    );
    await Promise.all(ledgers.map((each) => each.close()));
    assert.equal(store.rows.length, 2, 'nothing is written twice');
  });

  it('begins a new day with nothing spent', async () => {
    const store = memory();
    let now = DAY;
    const ledger = openLedger({ store: () => store, now: () => now });
    await ledger.sync();
    ledger.book('judge', 'big', usage, 0.5);
    now += DAY;
    assert.equal(ledger.spentToday('judge'), 0);
    await ledger.close();
    assert.equal(store.rows[0]?.day, '1970-01-02');
  });

  it('lets nothing be spent before it knows what was, and forgets no charge that could not be written', async () => {
    const store = memory();
    let isOpen = false;
    const ledger = openLedger({
      store: () => (isOpen ? store : null),
      now: () => DAY,
    });
    await ledger.sync();
    assert.equal(ledger.spentToday('judge'), Number.POSITIVE_INFINITY);
    ledger.book('judge', 'big', usage, 0.5);
    const failing = { ...store, addCharges: async () => Promise.reject(new Error('locked')) };
    const stuck = openLedger({ store: () => failing, now: () => DAY });
    stuck.book('judge', 'big', usage, 1);
    await assert.rejects(stuck.sync());
    await assert.rejects(stuck.sync(), 'it is tried again');
    isOpen = true;
    await ledger.close();
    await stuck.close();
    assert.deepEqual(
      store.rows.map(({ dollars }) => dollars),
      [0.5],
    );
  });
});
