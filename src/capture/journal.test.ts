import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { temporaryFolder } from '../../test/support/calls.ts';
import type { StoredCall } from '../core/store.ts';
import { decodeSegment, encodeFrame, type Frame, SEGMENT_HEADER } from './frames.ts';
import { openJournal } from './journal.ts';

const callFrame = (id: string): Frame => ({ kind: 'call', call: { id, at: 1 } as StoredCall });
const partFrame = (id: string, sealed: Uint8Array): Frame => ({
  kind: 'part',
  part: { id, day: '2026-05-01', sealed: Buffer.from(sealed) },
});

const frames = fc.array(
  fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 40 }).map((id) => callFrame(id.toWellFormed())),
    fc
      .tuple(fc.stringMatching(/^[0-9a-f]{1,32}$/), fc.uint8Array({ maxLength: 200 }))
      .map(([id, sealed]) => partFrame(id, sealed)),
  ),
  { minLength: 1, maxLength: 20 },
);
const segmentOf = (list: readonly Frame[]): Buffer =>
  Buffer.concat([SEGMENT_HEADER, ...list.map(encodeFrame)]);

test('frames come back as they went in', () => {
  fc.assert(
    fc.property(frames, (list) => {
      assert.deepEqual(decodeSegment(segmentOf(list)), { frames: list, tornBytes: 0, damaged: 0 });
    }),
  );
});

test('a segment cut anywhere gives all frames before the cut, and says how much was torn', () => {
  fc.assert(
    fc.property(frames, fc.nat(), (list, where) => {
      const bytes = segmentOf(list);
      const cut = where % bytes.length;
      let end = SEGMENT_HEADER.length;
      let whole = 0;
      for (const frame of list) {
        const next = end + encodeFrame(frame).length;
        if (next > cut) break;
        end = next;
        whole++;
      }
      const segment = decodeSegment(bytes.subarray(0, cut));
      assert.deepEqual(segment.frames, list.slice(0, whole));
      assert.equal(segment.tornBytes, cut < SEGMENT_HEADER.length ? cut : cut - end);
    }),
  );
});

test('a changed byte costs the frame that it is in, and no other; in the header, none', () => {
  fc.assert(
    fc.property(frames, fc.nat(), fc.integer({ min: 1, max: 255 }), (list, where, flip) => {
      const bytes = segmentOf(list);
      const place = where % bytes.length;
      bytes[place]! ^= flip;
      const segment = decodeSegment(bytes);
      let end = SEGMENT_HEADER.length;
      const untouched = list.filter((frame) => {
        const start = end;
        end += encodeFrame(frame).length;
        return place < start || place >= end;
      });
      assert.deepEqual(segment.frames, untouched);
      assert.ok(segment.damaged + segment.tornBytes > 0);
    }),
  );
});

test('a header that a changed byte makes that of the version before costs no frame', () => {
  const list = [callFrame('a'), callFrame('b')];
  const bytes = segmentOf(list);
  bytes.write('USJ1');
  assert.deepEqual(decodeSegment(bytes), { frames: list, tornBytes: 0, damaged: 1 });
});

test('one damaged frame does not take the later ones with it', () => {
  const list = [callFrame('a'), callFrame('b'), callFrame('c')];
  const bytes = segmentOf(list);
  const second = SEGMENT_HEADER.length + encodeFrame(list[0]!).length;
  bytes[second + 16]! ^= 1;
  assert.deepEqual(decodeSegment(bytes), { frames: [list[0], list[2]], tornBytes: 0, damaged: 1 });
});

test('all appends of one turn are in one segment, in order, and it rotates by size', async () => {
  const dir = temporaryFolder();
  const journal = openJournal({ dir, segmentBytes: 150 });
  const generations: number[] = [];
  for (let turn = 0; turn < 5; turn++) {
    await Promise.all(
      ['x', 'y', 'z'].map((name) =>
        journal.append((generation) => {
          generations.push(generation);
          return [encodeFrame(callFrame(`${turn}${name}`))];
        }),
      ),
    );
  }
  journal.close();
  assert.deepEqual(new Set(generations).size, 3);
  const names = readdirSync(dir).sort();
  assert.ok(
    names.every((name) => name.endsWith('.segment')),
    names.join(),
  );
  assert.equal(names.length, 3);
  const ids = names.flatMap((name) =>
    decodeSegment(readFileSync(join(dir, name))).frames.map((frame) =>
      frame.kind === 'call' ? frame.call.id : '',
    ),
  );
  assert.deepEqual(ids, [
    '0x',
    '0y',
    '0z',
    '1x',
    '1y',
    '1z',
    '2x',
    '2y',
    '2z',
    '3x',
    '3y',
    '3z',
    '4x',
    '4y',
    '4z',
  ]);
});

test('what is acknowledged is in the file', async () => {
  const dir = temporaryFolder();
  const journal = openJournal({ dir });
  await journal.append(() => [encodeFrame(callFrame('a'))]);
  const [name = ''] = readdirSync(dir);
  assert.equal(decodeSegment(readFileSync(join(dir, name))).frames.length, 1);
  journal.close();
});

test('a journal that cannot be written says so, and goes on once it can', async () => {
  const dir = join(temporaryFolder(), 'journal');
  writeFileSync(dir, 'a file where the folder should be');
  const journal = openJournal({ dir });
  await assert.rejects(
    journal.append(() => [encodeFrame(callFrame('a'))]),
    { code: 'unavailable' },
  );
  rmSync(dir);
  await journal.append(() => [encodeFrame(callFrame('b'))]);
  journal.close();
  const [name = ''] = readdirSync(dir);
  assert.deepEqual(decodeSegment(readFileSync(join(dir, name))).frames, [callFrame('b')]);
});
