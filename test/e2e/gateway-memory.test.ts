/** Responses that are larger together than the gateway may hold: all pass, and what could not be copied is counted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completion, recorderOf, startHarness } from './gateway-harness.ts';

const CONTENT = 'x'.repeat(3_000_000);

test('responses past the memory for copies pass whole, and their records are counted as lost', async () => {
  let begun = 0;
  let release = (): void => {};
  const all = new Promise<void>((resolve) => {
    release = resolve;
  });
  const lost: string[] = [];
  const recorded: string[] = [];
  const harness = await startHarness(
    async (_, response) => {
      const text = completion(CONTENT);
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length });
      response.write(text.slice(0, -1));
      // All of them are in memory, but for their last byte.
      if (++begun === 5) release();
      await all;
      setTimeout(() => response.end(text.slice(-1)), 200);
    },
    {
      settings: { maxBufferedBytes: 8_000_000 },
      recorder: recorderOf(async (call) => {
        recorded.push(call.response?.message.content ?? '');
      }),
      onLost: (reason) => lost.push(reason),
    },
  );
  try {
    const answers = await Promise.all(
      Array.from({ length: 5 }, () =>
        harness.client.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'hi' }] }),
      ),
    );
    for (const answer of answers) assert.equal(answer.choices[0]?.message.content, CONTENT);
    // Two fit at a time; which of the five are recorded, and whether one ends before another comes, is chance.
    assert.deepEqual(
      lost,
      Array.from({ length: 5 - recorded.length }, () => 'too-much-at-once'),
    );
    assert.ok(recorded.length >= 1 && lost.length >= 1);
    for (const content of recorded) assert.equal(content, CONTENT);
    assert.ok(harness.gateway.stats().bodies.peak <= 8_000_000 + 10 * 64 * 1024);
    assert.equal(harness.gateway.stats().bodies.bytes, 0);
  } finally {
    await harness.close();
  }
});
