import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { holdsMoreValues } from './json-bytes.ts';

const PAD = ' '.repeat(2000);

/** Values that are no empty list or object's: those count one more, for what could stand in them. */
function valuesOf(value: unknown): number {
  if (value === null || typeof value !== 'object') return 1;
  const inside = Object.values(value);
  return 1 + inside.reduce((sum: number, each) => sum + valuesOf(each), 0);
}

const emptyOnes = (value: unknown): number => {
  if (value === null || typeof value !== 'object') return 0;
  const inside = Object.values(value);
  return inside.length === 0 ? 1 : inside.reduce((sum: number, each) => sum + emptyOnes(each), 0);
};

test('values are counted as JSON.parse makes them, whatever stands in strings', () => {
  const text = fc.string({ unit: fc.constantFrom('"', '\\', ',', '[', '{', '}', 'a', 'é') });
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { depthSize: 'small' },
      text,
      fc.constantFrom<unknown>(null, true, 0.5),
      fc.array(tie('json'), { maxLength: 4 }),
      fc.dictionary(text, tie('json'), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(json, (value) => {
      // Blanks make it long enough to be looked at.
      const bytes = Buffer.from(`${JSON.stringify(value)}${PAD}`);
      const count = valuesOf(value) + emptyOnes(value);
      assert.equal(holdsMoreValues(bytes, count), false);
      assert.equal(holdsMoreValues(bytes, count - 1), count > 1);
    }),
  );
});
