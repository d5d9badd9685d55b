import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseJson } from './json.ts';

const byParser = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

test('parseJson gives what the parser gives, for any text and any value, white space around it included', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom(...' \t\n\r\u00a0\ufeff{}[]",:-+.0123eEtruefalsn/') }),
    fc
      .tuple(fc.constantFrom('', ' ', '\n\t', '\u00a0'), fc.json(), fc.constantFrom('', ' \r', 'x'))
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (each) => assert.deepEqual(parseJson(each), byParser(each))),
    { numRuns: 2000 },
  );
});
