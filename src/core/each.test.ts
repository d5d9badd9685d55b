import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { mapSome } from './each.ts';

test('items are worked on a few at once, and come back in their order', async () => {
  let [now, most] = [0, 0];
  const out = await mapSome([5, 1, 4, 2, 3], 2, async (item, i) => {
    most = Math.max(most, ++now);
    for (let turn = 0; turn < item; turn++) await setImmediate();
    now--;
    return `${item}${i}`;
  });
  assert.deepEqual(out, ['50', '11', '42', '23', '34']);
  assert.equal(most, 2);
});

test('after the first failure nothing more is begun, and nothing is left under way', async () => {
  let [begun, under] = [0, 0];
  const work = async (item: number): Promise<void> => {
    begun++;
    under++;
    for (let turn = 0; turn < item; turn++) await setImmediate();
    under--;
    if (item === 2) throw new Error('two');
  };
  await assert.rejects(mapSome([9, 2, 1, 1, 1, 1, 1, 1, 1, 1], 3, work), /two/);
  assert.equal(under, 0);
  assert.ok(begun <= 5, `${begun}`);
});
