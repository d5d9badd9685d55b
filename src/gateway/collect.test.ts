import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { collector } from './collect.ts';

test('pieces of any size come out as one, with or without a known length, in at most twice their memory', async () => {
  const piece = fc.integer({ min: 1, max: 200_000 });
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 40 }), fc.boolean(), async (sizes, known) => {
      const total = sizes.reduce((sum, size) => sum + size, 0);
      const bytes = collector(known ? total : null, 8_000_000);
      const sent: Buffer[] = [];
      let size = 0;
      for (const [i, one] of sizes.entries()) {
        const chunk = Buffer.alloc(one, i + 1);
        size += one;
        const capacity = bytes.capacityFor(size);
        assert.ok(capacity >= size && capacity <= Math.max(2 * size, total, 16 * 1024));
        await bytes.reserve(capacity);
        bytes.push(chunk);
        sent.push(chunk);
      }
      assert.ok(Buffer.concat(sent).equals(bytes.whole()));
    }),
    { numRuns: 100 },
  );
});

test('what was dropped keeps nothing', () => {
  const bytes = collector(null, 1000);
  bytes.reserve(bytes.capacityFor(4));
  bytes.push(Buffer.from('four'));
  bytes.drop();
  bytes.push(Buffer.from('more'));
  assert.equal(bytes.whole().length, 0);
});
