import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { approvalLink, type LinkTo, readApprovalLink } from './approval-link.ts';

const KEY = new Uint8Array(32).fill(7);
const link = fc.record({
  action: fc.constantFrom('approve' as const, 'reject' as const),
  proposal: fc.string({ minLength: 1, maxLength: 40 }),
  artefact: fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 }),
  expires: fc.integer({ min: 0, max: 4e12 }),
});
const BASE = 'https://understudy.example/team';
const read = (url: string, key = KEY): LinkTo | null => readApprovalLink(new URL(url).searchParams, key);

test('a link is read as it was made, below the address that people reach', () => {
  fc.assert(
    fc.property(link, (to) => {
      const url = approvalLink(BASE, to, KEY);
      assert.ok(url.startsWith('https://understudy.example/team/decide?'));
      assert.deepEqual(read(url), { ...to });
    }),
  );
});

test('whatever part of a link is altered, it says nothing', () => {
  const names = ['action', 'proposal', 'artefact', 'expires', 'signature'];
  const alteration = fc.oneof(
    fc.record({ name: fc.constantFrom(...names), to: fc.string({ maxLength: 70 }) }),
    // One character, added, exchanged or left out.
    fc.record({
      name: fc.constantFrom(...names),
      at: fc.nat(80),
      by: fc.string({ maxLength: 2 }),
      length: fc.nat(1),
    }),
    fc.record({ name: fc.constantFrom(...names), remove: fc.constant(true) }),
    fc.record({ name: fc.constantFrom(...names), twice: fc.constant(true) }),
    fc.record({ name: fc.string({ minLength: 1, maxLength: 5 }), add: fc.string({ maxLength: 5 }) }),
  );
  fc.assert(
    fc.property(link, alteration, (to, change) => {
      const url = new URL(approvalLink(BASE, to, KEY));
      const query = url.searchParams;
      const before = query.get(change.name) ?? '';
      if ('to' in change) query.set(change.name, change.to);
      else if ('at' in change) {
        const at = Math.min(change.at, before.length);
        query.set(change.name, before.slice(0, at) + change.by + before.slice(at + change.length));
      } else if ('remove' in change) query.delete(change.name);
      else if ('twice' in change) query.append(change.name, before);
      else query.append(change.name, change.add);
      const isSame = query.getAll(change.name).length === 1 && query.get(change.name) === before;
      if (!isSame) assert.equal(readApprovalLink(query, KEY), null);
    }),
    { numRuns: 2000 },
  );
});

test('a link that another key has signed, or the values of two links together, say nothing', () => {
  fc.assert(
    fc.property(
      link,
      link,
      fc.constantFrom('action', 'proposal', 'artefact', 'expires'),
      (one, other, name) => {
        assert.equal(read(approvalLink(BASE, one, KEY), new Uint8Array(32).fill(8)), null);
        const query = new URL(approvalLink(BASE, one, KEY)).searchParams;
        const from = new URL(approvalLink(BASE, other, KEY)).searchParams;
        const isSame = query.get(name) === from.get(name);
        query.set(name, from.get(name) ?? '');
        if (!isSame) assert.equal(readApprovalLink(query, KEY), null);
      },
    ),
  );
});

test('a number that is written in another way was not signed', () => {
  const to: LinkTo = { action: 'approve', proposal: 'd1', artefact: 'a'.repeat(64), expires: 1234 };
  for (const expires of ['01234', '1234.0', '1.234e3', ' 1234', '+1234', '0x4d2', '']) {
    const query = new URL(approvalLink(BASE, to, KEY)).searchParams;
    query.set('expires', expires);
    assert.equal(readApprovalLink(query, KEY), null, expires);
  }
});
