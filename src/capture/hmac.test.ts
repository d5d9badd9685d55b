import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { hmac } from './hmac.ts';

test('equals node’s HMAC-SHA256 for keys and messages of any length', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 150 }),
      fc.oneof(
        fc.string({ unit: 'grapheme' }),
        fc.uint8Array({ maxLength: 300 }),
        // Around the length up to which messages are hashed in place.
        fc.integer({ min: 1300, max: 4200 }).map((length) => 'ß€'.repeat(length).slice(0, length)),
        fc.integer({ min: 4090, max: 4100 }).map((length) => new Uint8Array(length).fill(7)),
      ),
      (key, message) => {
        assert.deepEqual(hmac(key, message), createHmac('sha256', key).update(message).digest());
      },
    ),
  );
});
