/** The most probable tagging against all that there are. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { beginOf, insideOf } from './groups.ts';
import { bestTags, likeliestSpan, spansOfTags } from './tagging.ts';

const TAGS = 2;
const COUNT = 1 + 2 * TAGS;
const probabilities = fc
  .integer({ min: 1, max: 4 })
  .chain((units) =>
    fc.array(fc.integer({ min: 1, max: 97 }), { minLength: units * COUNT, maxLength: units * COUNT }),
  )
  .map((values) => Float32Array.from(values, (value) => value / 100));

/** All taggings of so many units in which nothing goes on that was not begun. */
function taggings(units: number, allowed: readonly number[]): readonly (readonly number[])[] {
  if (units === 0) return [[]];
  return taggings(units - 1, allowed).flatMap((before) => {
    const last = before.at(-1);
    const next = [0, ...allowed.map(beginOf)];
    for (const tag of allowed) if (last === beginOf(tag) || last === insideOf(tag)) next.push(insideOf(tag));
    return next.map((tag) => [...before, tag]);
  });
}

describe('bestTags', () => {
  it('finds the most probable of all taggings that are allowed', () => {
    fc.assert(
      fc.property(probabilities, fc.subarray([0, 1]), (values, allowed) => {
        const units = values.length / COUNT;
        const scoreOf = (tags: ArrayLike<number>): number =>
          Array.from(tags).reduce((sum, tag, unit) => sum + Math.log(values[unit * COUNT + tag]!), 0);
        const best = Math.max(...taggings(units, allowed).map(scoreOf));
        const { tags } = bestTags(values, COUNT, allowed);
        assert.ok(taggings(units, allowed).some((each) => each.join() === tags.join()));
        assert.ok(Math.abs(scoreOf(tags) - best) < 1e-5);
      }),
    );
  });

  it('gives spans that cover what is tagged, each with its least probability', () => {
    const rows = [
      [0.1, 0.8, 0.1, 0, 0],
      [0.1, 0.1, 0.6, 0.2, 0],
      [0.9, 0.05, 0.05, 0, 0],
      [0.2, 0, 0, 0.7, 0.1],
    ];
    const spans = spansOfTags(bestTags(Float32Array.from(rows.flat()), COUNT, [0, 1]));
    assert.deepEqual(
      spans.map(({ tag, start, end, probability }) => [tag, start, end, Number(probability.toFixed(2))]),
      [
        [0, 0, 2, 0.6],
        [1, 3, 4, 0.7],
      ],
    );
  });
});

describe('likeliestSpan', () => {
  it('begins where the tag is likeliest to begin, and goes on while that is likelier than its end', () => {
    const rows = [
      [0.9, 0.05, 0.05, 0, 0],
      [0.6, 0.3, 0.1, 0, 0],
      [0.3, 0.1, 0.6, 0, 0],
      [0.9, 0, 0.1, 0, 0],
    ];
    const span = likeliestSpan(Float32Array.from(rows.flat()), COUNT, 0);
    assert.deepEqual([span?.start, span?.end], [1, 3]);
    assert.equal(likeliestSpan(new Float32Array(), COUNT, 0), null);
  });
});
