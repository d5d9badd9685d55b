/** Bytes that nobody meant: what was right, changed in a few places. Drawn from a seed. */
import type { Random } from '../../src/core/random.ts';

/** Texts that parsers stumble over: brackets, escapes, line ends in use, halves of characters, numbers that a double cannot hold. */
const AWKWARD: readonly Buffer[] = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '\n',
  '\r',
  '\r\n\r\n',
  '\0',
  '\u2028',
  '\uFEFF',
  'data:',
  'event: ',
  '\\ud800',
  '\\u0000',
  '__proto__',
  'constructor',
  'null',
  'true',
  '1e999',
  '-0',
  '9007199254740993',
  '1e-400',
  '""',
  '{}',
  '[]',
  '[DONE]',
  '<think>',
  '```',
  'https://',
  '\u0301',
  '\u{1F600}',
].map((text) => Buffer.from(text));
const MAX_CHANGES = 4;
const MAX_PIECE = 64;

/** The bytes with up to four changes; the same bytes in a fifth of cases. @param others What pieces are taken from. */
export function mutate(bytes: Buffer, others: readonly Buffer[], random: Random): Buffer {
  let changed = bytes;
  for (let left = random.below(MAX_CHANGES + 1); left > 0; left--)
    changed = changeOnce(changed, others, random);
  return changed;
}

function changeOnce(bytes: Buffer, others: readonly Buffer[], random: Random): Buffer {
  const at = random.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + random.below(MAX_PIECE));
  const [before, piece, after] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)];
  switch (random.below(7)) {
    case 0:
      return before;
    case 1:
      return Buffer.concat([before, after]);
    case 2:
      return Buffer.concat([before, piece, piece, after]);
    case 3: {
      const flipped = Buffer.from(bytes);
      if (at < flipped.length) flipped[at] = flipped[at]! ^ (1 << random.below(8));
      return flipped;
    }
    case 4: {
      const other = random.pick(others);
      const from = random.below(other.length + 1);
      return Buffer.concat([before, other.subarray(from, from + MAX_PIECE), after]);
    }
    default:
      return Buffer.concat(
        [before, random.pick(AWKWARD), random.below(2) === 0 ? piece : '', after].map((part) =>
          Buffer.from(part),
        ),
      );
  }
}

/** The bytes in pieces of any size, in order. */
export function cut(bytes: Buffer, random: Random): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + random.below(random.below(2) === 0 ? 4 : bytes.length);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}
