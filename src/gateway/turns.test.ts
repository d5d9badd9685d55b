import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sharedTurns } from './turns.ts';

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

test('however many bodies there are, a turn handles about its share, and all of them are done', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 40 }),
      async (pieces) => {
        const piece = 64 * 1024;
        const share = 1024 * 1024;
        const planned: (() => void)[] = [];
        const turns = sharedTurns(share, (next) => planned.push(next));
        let thisTurn = 0;
        let most = 0;
        const read = async (count: number): Promise<void> => {
          for (let i = 0; i < count; i++) {
            thisTurn += piece;
            most = Math.max(most, thisTurn);
            await turns.take(piece);
          }
        };
        // All of them have their first piece in the first turn: that has come already.
        const done = Promise.all(pieces.map(read));
        await settle();
        let turnsTaken = 0;
        while (planned.length > 0) {
          assert.equal(planned.length, 1, 'one plan at a time');
          thisTurn = 0;
          planned.shift()?.();
          await settle();
          assert.ok(turnsTaken++ < 10_000);
        }
        await done;
        assert.ok(most <= Math.max(share + piece, pieces.length * piece) + share, `${most} in a turn`);
      },
    ),
    { numRuns: 100 },
  );
});

test('who takes more than a turn’s share at once uses up turns to come', async () => {
  const planned: (() => void)[] = [];
  const turns = sharedTurns(1000, (next) => planned.push(next));
  let back = false;
  turns.take(3500)?.then(() => {
    back = true;
  });
  let count = 0;
  while (!back) {
    planned.shift()?.();
    await settle();
    count++;
  }
  assert.equal(count, 3);
});

test('what tiny pieces cost keeps no other body from its turn', async () => {
  const planned: (() => void)[] = [];
  const turns = sharedTurns(1000, (next) => planned.push(next));
  let back = false;
  turns.takeTiny(50_000)?.then(() => {
    back = true;
  });
  assert.equal(turns.take(900), undefined);
  let waited = 0;
  turns.take(900)?.then(() => waited++);
  for (const next of planned.splice(0)) next();
  await settle();
  assert.deepEqual([waited, back], [1, false]);
});
