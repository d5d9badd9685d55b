import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { streamEndOf } from './stream-error.ts';

const HEAD = { status: 200, headers: ['content-type', 'text/event-stream'] } as unknown as Parameters<
  typeof streamEndOf
>[0];

interface End {
  readonly isError: boolean;
  /** Bytes that were copied or searched. */
  readonly work: number;
  /** Bytes that were held at once, at most. */
  readonly held: number;
}

/** How a stream ends that comes in pieces of this many bytes, and what that took. */
function endOf(text: string, piece: number): End {
  let [work, held] = [0, 0];
  const end = streamEndOf(HEAD, (bytes) => {
    work += bytes;
    held = Math.max(held, bytes);
  })!;
  const all = Buffer.from(text);
  for (let at = 0; at < all.length; at += piece) end.add(all.subarray(at, at + piece));
  return { isError: end.isError(), work, held };
}

const failed = (length: number): string =>
  `event: response.failed\ndata: ${JSON.stringify({
    type: 'response.failed',
    response: { instructions: 'ü\n\n'.repeat(length / 4), error: { code: 'server_error' } },
  })}\n\n`;

test('a long last event is read whole, however it is cut and whatever came before', () =>
  fc.assert(
    fc.property(
      fc.constantFrom(4, 5_000, 20_000, 300_000),
      fc.constantFrom(0, 10, 9_000, 100_000),
      fc.integer({ min: 100, max: 70_000 }),
      fc.constantFrom('\n', '\r\n', '\r'),
      (length, before, piece, end) => {
        const text = `data: ${'x'.repeat(before)}\n\n${failed(length)}`.replaceAll('\n', end);
        assert.equal(endOf(text, piece).isError, true);
        assert.equal(
          endOf(`${text}event: response.completed${end}data: {}${end}${end}`, piece).isError,
          false,
        );
      },
    ),
    { numRuns: 40 },
  ));

test('an event that is longer than is kept is not read, and the one after it is', () => {
  const long = failed(3_000_000);
  for (const before of [0, 10, 20_000, 900_000, 1_048_000]) {
    const text = `data: ${'x'.repeat(before)}\n\n${long}`;
    assert.equal(endOf(text, 60_000).isError, false, `${before}`);
    assert.equal(endOf(`${text}data: {"error":{"code":500}}\n\n`, 60_000).isError, true, `${before}`);
  }
});

test('no more than the longest event that is read is held, whatever came before a longer one', () =>
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(0, 10, 9_000, 20_000, 1_000_000, 1_048_560, 1_100_000), { maxLength: 3 }),
      fc.constantFrom(1_000_000, 1_048_570, 3_000_000, 6_000_000),
      fc.constantFrom(1_000, 16_384, 64_000),
      fc.constantFrom('\n', '\r\n', '\r'),
      (before, length, piece, end) => {
        const text = [...before, length].map((each) => `data: ${'x'.repeat(each)}\n\n`).join('');
        const { held } = endOf(text.trimEnd().replaceAll('\n', end), piece);
        assert.ok(held <= 1024 * 1024 + 8 * 1024 + piece, `${held}`);
      },
    ),
    { numRuns: 40 },
  ));

test('the work grows as the stream does, one event or many', () => {
  for (const event of ['x'.repeat(20), 'x'.repeat(50_000), 'x'.repeat(4_000_000)]) {
    const text = `data: ${event}\n\n`.repeat(4_000_000 / event.length);
    for (const piece of [1_000, 64_000]) {
      const { work } = endOf(text, piece);
      assert.ok(work < 4 * text.length, `${event.length} ${piece}: ${work / text.length}`);
    }
  }
});
