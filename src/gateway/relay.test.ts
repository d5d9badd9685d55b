/** How much of a long answer is handled before others have their turn. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import fc from 'fast-check';
import { openaiChat } from '../wire/openai-chat.ts';
import { relay } from './relay.ts';
import { captureResponse } from './response-capture.ts';
import { sharedTurns } from './turns.ts';
import type { Upstream } from './upstream.ts';

const SHARE = 1024 * 1024;
/** As in relay.ts: pieces in one turn, and the length from which an answer shares the turns. */
const MOST_PIECES = 500;
const UNSHARED = 256 * 1024;

/** A client that reads as fast as it is written to, and what it got. */
function client() {
  const got: Uint8Array[] = [];
  const take = (chunk?: Uint8Array): true => {
    if (chunk) got.push(chunk);
    return true;
  };
  const response = {
    destroyed: false,
    headersSent: true,
    req: { method: 'POST', httpVersion: '1.1' },
    write: take,
    end: take,
    writeHead: () => {},
    flushHeaders: () => {},
  };
  return { got, response: response as unknown as ServerResponse };
}

/** All pieces at once, as from a full buffer; stops where it is told to wait, and tells what it gave between two waits. */
function upstreamOf(pieces: readonly Buffer[]) {
  const runs: { pieces: number; bytes: number }[] = [];
  const upstream: Pick<Upstream, 'send'> = {
    send: async (_request, listener) => {
      listener.onHead({ status: 200, statusText: 'OK', headers: [] });
      let run = { pieces: 0, bytes: 0 };
      for (const piece of pieces) {
        run.pieces++;
        run.bytes += piece.length;
        const wait = listener.onData(piece);
        if (!wait) continue;
        runs.push(run);
        run = { pieces: 0, bytes: 0 };
        await wait;
      }
      runs.push(run);
      return [];
    },
  };
  return { runs, upstream: upstream as Upstream };
}

test('an answer of any pieces arrives whole, and no turn handles more than its share of it', async () => {
  const size = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 5000 }), fc.constant(64 * 1024));
  const kind = fc.record({ size, count: fc.integer({ min: 1, max: 4000 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(kind, { minLength: 1, maxLength: 4 }), async (kinds) => {
      // No more than some megabytes in all.
      const pieces = kinds.flatMap((each, i) =>
        Array.from({ length: Math.min(each.count, Math.ceil(4e6 / each.size)) }, () =>
          Buffer.alloc(each.size, 65 + i),
        ),
      );
      const { got, response } = client();
      const { runs, upstream } = upstreamOf(pieces);
      await relay({
        upstream,
        response,
        extraHeaders: [],
        turns: sharedTurns(SHARE, (next) => setImmediate(next)),
        request: { method: 'POST', path: '/', headers: [], body: null },
        signal: new AbortController().signal,
        beforeEnd: async () => {},
      });
      assert.ok(Buffer.concat(got).equals(Buffer.concat(pieces)));
      for (const run of runs) {
        const tiny = run.pieces <= MOST_PIECES || run.bytes / run.pieces > 64;
        assert.ok(tiny, `${run.pieces} pieces of ${run.bytes} bytes at once`);
        assert.ok(run.bytes <= UNSHARED + SHARE + 64 * 1024, `${run.bytes} bytes at once`);
      }
    }),
    { numRuns: 40 },
  );
});

test('a capture of tiny pieces holds few of them, and all of their bytes', async () => {
  const piece = fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 1, max: 20 }) },
    fc.integer({ min: 1, max: 9000 }),
  );
  await fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 3000 }), (sizes) => {
      const capture = captureResponse(openaiChat, 1e9);
      capture.begin({ status: 200, statusText: 'OK', headers: [] });
      const pieces = sizes.map((size, i) => Buffer.alloc(size, i));
      for (const each of pieces) capture.push(each);
      const chunks = capture.body()?.chunks ?? [];
      assert.ok(Buffer.concat(chunks).equals(Buffer.concat(pieces)));
      const long = sizes.filter((size) => size > 4096).length;
      assert.ok(chunks.length <= 2 + 2 * long + capture.size / 12_000, `${chunks.length} chunks`);
    }),
    { numRuns: 60 },
  );
});
