import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
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
