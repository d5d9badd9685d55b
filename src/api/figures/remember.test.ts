import assert from 'node:assert/strict';
import { test } from 'node:test';
import { remembered } from './remember.ts';

test('remembered: what took long is kept ten times as long, and asked for once by those who wait', async () => {
  let time = 0;
  let asked = 0;
  const { of } = remembered(() => time);
  const work = async (): Promise<number> => {
    time += 100;
    return ++asked;
  };
  assert.deepEqual(await Promise.all([of('a', work), of('a', work)]), [1, 1]);
  time += 999;
  assert.equal(await of('a', work), 1);
  assert.equal(await of('b', work), 2, 'another name is another figure');
  time += 1;
  assert.equal(await of('a', work), 3);
});

test('remembered: what failed is tried again', async () => {
  const { of } = remembered(() => 0);
  await assert.rejects(of('a', () => Promise.reject(new Error('locked'))));
  assert.equal(await of('a', async () => 1), 1);
});
