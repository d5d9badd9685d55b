import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { hmac } from './hmac.ts';

test('equals node’s HMAC-SHA256 for keys and messages of any length', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 150 }),
      fc.oneof(fc.string({ unit: 'grapheme' }), fc.uint8Array({ maxLength: 300 })),
      (key, message) => {
        assert.deepEqual(hmac(key, message), createHmac('sha256', key).update(message).digest());
      },
    ),
  );
});
