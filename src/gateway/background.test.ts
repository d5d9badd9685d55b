import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backgroundWork } from './background.ts';

test('work over the limit is dropped, failures are counted, and closing waits for the rest', async () => {
  const background = backgroundWork(2);
  let finish = (): void => {};
  let finished = false;
  assert.equal(
    background.start(async () => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      finished = true;
    }),
    true,
  );
  assert.equal(
    background.start(() => {
      throw new Error('broken');
    }),
    true,
  );
  assert.equal(
    background.start(async () => assert.fail('over the limit')),
    false,
  );
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(background.counts, { started: 2, failed: 1, dropped: 1 });
  assert.equal(
    background.start(async () => {}),
    true,
  );
  const closed = background.close(60_000);
  finish();
  await closed;
  assert.equal(finished, true);
});

test('closing stops work that does not end by itself', async () => {
  const background = backgroundWork(1);
  let told: AbortSignal | undefined;
  background.start((signal) => {
    told = signal;
    return new Promise(() => {});
  });
  await new Promise((resolve) => setImmediate(resolve));
  await background.close(1);
  assert.equal(told?.aborted, true);
  assert.equal(
    background.start(async () => {}),
    false,
  );
});
