/** What every ChargeStore and VerdictStore must do: a budget rests on the one, not paying twice on the other. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Charge, ChargeStore } from '../../../src/core/charge.ts';
import type { VerdictStore } from '../../../src/core/judge.ts';
import type { Opener } from './store.ts';

const charge = (day: string, more: Partial<Charge> = {}): Charge => ({
  day,
  for: 'judge',
  model: 'big',
  requests: 2,
  promptTokens: 300,
  completionTokens: 4,
  dollars: 0.25,
  unpriced: 0,
  ...more,
});

export function chargeStoreContract(name: string, withStore: Opener<ChargeStore & VerdictStore>): void {
  describe(`charge store contract: ${name}`, () => {
    it('adds up by day, purpose and model', () =>
      withStore(async (store) => {
        assert.deepEqual(await store.charges(), []);
        await store.addCharges([charge('2026-05-02'), charge('2026-05-01')]);
        await store.addCharges([
          charge('2026-05-02', { unpriced: 1 }),
          charge('2026-05-02', { model: 'small' }),
        ]);
        await store.addCharges([charge('2026-05-02', { for: 'serving' })]);
        const both = { requests: 4, promptTokens: 600, completionTokens: 8, dollars: 0.5, unpriced: 1 };
        const second = [
          charge('2026-05-02', both),
          charge('2026-05-02', { model: 'small' }),
          charge('2026-05-02', { for: 'serving' }),
        ];
        assert.deepEqual(await store.charges(), [charge('2026-05-01'), ...second]);
        assert.deepEqual(await store.charges('2026-05-02'), second);
      }));

    it('keeps the first verdict under an id', () =>
      withStore(async (store) => {
        await store.keepVerdict('a', 'first', 1);
        await store.keepVerdict('a', 'second', 2);
        await store.keepVerdict('b', 'tie', 3);
        assert.deepEqual(await Promise.all(['a', 'b', 'c'].map((id) => store.paidVerdict(id))), [
          'first',
          'tie',
          null,
        ]);
      }));
  });
}
