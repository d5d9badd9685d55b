import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { drawFor } from './draw.ts';

test('draws come from HMAC-SHA256 in counter mode', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), fc.string(), (key, subject) => {
      const draw = drawFor(key, 'kind', subject);
      for (let counter = 0; counter < 2; counter++) {
        const block = createHmac('sha256', key).update(`kind\0${counter}\0${subject}`).digest();
        for (let at = 0; at < 32; at += 2) assert.equal(draw.below(65536), block.readUInt16BE(at));
      }
    }),
  );
});
