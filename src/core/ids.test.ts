import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { contentHash, newId } from './ids.ts';

describe('newId', () => {
  it('is never the same, however many are made', () => {
    const ids = Array.from({ length: 2000 }, () => newId('call', 1));
    assert.equal(new Set(ids).size, ids.length);
    for (const id of ids) assert.match(id, /^call_000000000001[0-9a-f]{16}$/);
  });

  it('sorts by time', () => {
    assert.ok(newId('call', 1) < newId('call', 2) && newId('call', 255) < newId('call', 256));
  });
});

describe('contentHash', () => {
  it('is the SHA-256 of a text, or the beginning of it', () => {
    const whole = createHash('sha256').update('Zoë').digest('hex');
    assert.equal(contentHash('Zoë'), whole);
    assert.equal(contentHash(Buffer.from('Zoë'), 8), whole.slice(0, 8));
  });
});
