import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import fc from 'fast-check';
import { oneATurn } from './one-a-turn.ts';

/** Turns of an event loop that the test makes. */
function loop() {
  const due: (() => void)[] = [];
  return {
    schedule: (go: () => void) => due.push(go),
    turn: async () => {
      for (const go of due.splice(0)) go();
      await Promise.resolve();
      await Promise.resolve();
    },
    get due() {
      return due.length;
    },
  };
}

describe('oneATurn', () => {
  it('lets the first go at once, and the others one a turn in their order', async () => {
    const { schedule, turn } = loop();
    const turns = oneATurn(schedule);
    const went: number[] = [];
    const take = async (n: number): Promise<void> => {
      await turns.next();
      went.push(n);
    };
    for (let n = 0; n < 5; n++) void take(n);
    await Promise.resolve();
    await Promise.resolve();
    assert.deepEqual(went, [0]);
    for (let n = 1; n < 5; n++) {
      await turn();
      assert.deepEqual(
        went,
        Array.from({ length: n + 1 }, (_, i) => i),
      );
    }
  });

  it('is free again after a turn in which nobody came', async () => {
    const events = loop();
    const turns = oneATurn(events.schedule);
    for (let n = 0; n < 3; n++) {
      assert.equal(turns.next(), undefined);
      assert.notEqual(turns.next(), undefined);
      for (let i = 0; i < 3; i++) await events.turn();
      assert.equal(events.due, 0);
    }
  });
});

test('work of any shares is done in order, and no turn has more than its share, or one alone', async () => {
  const shares = fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 1, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(shares, async (all) => {
      const planned: (() => void)[] = [];
      const turns = oneATurn((go) => planned.push(go));
      let now: number[] = [];
      const done: number[] = [];
      const work = all.map(async (share, i) => {
        await turns.next(share);
        now.push(share);
        done.push(i);
      });
      const settled = async (): Promise<void> => {
        for (let i = 0; i < 5; i++) await Promise.resolve();
      };
      await settled();
      for (let turn = 0; ; turn++) {
        const sum = now.reduce((total, share) => total + share, 0);
        assert.ok(now.length <= 1 || sum <= 1 + 1e-9, `${sum} in a turn`);
        const next = planned.shift();
        if (!next) break;
        assert.ok(turn <= all.length);
        now = [];
        next();
        await settled();
      }
      await Promise.all(work);
      assert.deepEqual(
        done,
        all.map((_, i) => i),
      );
    }),
  );
});
