/** Answers in any pieces, at any pace, of known length or not, with trailers or not: they arrive as they were sent. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { ask } from './gateway-fault-client.ts';
import { type Received, startHarness } from './gateway-harness.ts';

interface Answer {
  readonly pieces: readonly { readonly size: number; readonly times: number; readonly waits: boolean }[];
  readonly known: boolean;
  readonly trailers: readonly string[];
  readonly path: string;
}

const piece = fc.record({
  size: fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 150_000 })),
  times: fc.constantFrom(1, 1, 1, 3),
  waits: fc.boolean(),
});
const tiny = fc.record({ size: fc.constant(1), times: fc.constantFrom(700, 2000), waits: fc.boolean() });
const answers: fc.Arbitrary<Answer> = fc.record({
  pieces: fc.array(fc.oneof({ weight: 5, arbitrary: piece }, { weight: 1, arbitrary: tiny }), {
    maxLength: 8,
  }),
  known: fc.boolean(),
  trailers: fc.array(fc.constantFrom('1', 'two', ''), { maxLength: 3 }),
  path: fc.constantFrom('/v1/chat/completions', '/v1/other'),
});

test('answers in any pieces arrive byte for byte, with their trailers', async () => {
  let answer: Answer = { pieces: [], known: false, trailers: [], path: '' };
  let sent = Buffer.alloc(0);
  const harness = await startHarness(async (_received: Received, response) => {
    const chunks: Buffer[] = [];
    for (const { size, times } of answer.pieces) {
      for (let i = 0; i < times; i++) chunks.push(Buffer.alloc(size, chunks.length % 251));
    }
    sent = Buffer.concat(chunks);
    response.writeHead(200, answer.known ? { 'content-length': sent.length } : { trailer: 'x-sum' });
    let at = 0;
    for (const { size, times, waits } of answer.pieces) {
      for (let i = 0; i < times; i++) {
        response.write(sent.subarray(at, at + size));
        at += size;
      }
      if (waits) await turn();
    }
    if (!answer.known)
      response.addTrailers(answer.trailers.map((value): [string, string] => ['x-sum', value]));
    response.end();
  });
  try {
    await fc.assert(
      fc.asyncProperty(answers, async (one) => {
        answer = one;
        const seen = await ask(harness.gateway.port, { path: one.path, body: Buffer.from('{}') });
        assert.equal(seen.end, 'whole');
        assert.ok(seen.body.equals(sent), `${seen.body.length} of ${sent.length} bytes`);
        assert.deepEqual(seen.trailers, one.known ? [] : one.trailers.map((value) => `x-sum: ${value}`));
      }),
      { numRuns: 100 },
    );
  } finally {
    await harness.close();
  }
});
