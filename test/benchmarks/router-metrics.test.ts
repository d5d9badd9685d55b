/** The benchmark `router` computes RouteLLM's metrics as they are defined: small cases by hand, and what must hold always. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bootstrap, metricsOf, type Outcomes, rank, recoveredBy } from '../../benchmarks/router/metrics.ts';
import { findSimilar } from '../../benchmarks/router/similar.ts';

const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} ${expected}`);

/** Ten questions: the LLM alone is right on `gained`, the cheap model alone on `lost`. */
const ten = (gained: readonly number[], lost: readonly number[] = []): Outcomes[] =>
  Array.from({ length: 10 }, (_, i) => ({
    cheap: lost.includes(i) ? 1 : 0,
    llm: gained.includes(i) ? 1 : 0,
  }));
const inOrder = Uint32Array.from({ length: 10 }, (_, i) => i);

test('an order that finds all of the gain at once has nearly the whole area', () => {
  const { apgr, cpt50, cpt80 } = metricsOf(ten([0]), inOrder);
  near(apgr, 0.95);
  near(cpt50, 0.05);
  near(cpt80, 0.08);
});

test('an order that finds the gain last has nearly none', () => {
  const { apgr, cpt50 } = metricsOf(ten([9]), inOrder);
  near(apgr, 0.05);
  near(cpt50, 0.95);
});

test('a gain that is spread evenly is a random choice', () => {
  const { apgr, cpt50, cpt80 } = metricsOf(ten([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), inOrder);
  near(apgr, 0.5);
  near(cpt50, 0.5);
  near(cpt80, 0.8);
});

test('questions on which the LLM loses put the curve above 1 before them', () => {
  near(Math.max(...recoveredBy(ten([0, 1, 2], [9]), inOrder)), 1.5);
});

test('a question that counts twice is two questions, and one that counts for nothing is none', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          llm: fc.constantFrom(0, 1),
          cheap: fc.constantFrom(0, 1),
          times: fc.integer({ min: 0, max: 3 }),
        }),
        { minLength: 1, maxLength: 40 },
      ),
      (questions) => {
        const repeated = questions.flatMap((each) => new Array(each.times).fill(each) as typeof questions);
        fc.pre(repeated.reduce((gap, { llm, cheap }) => gap + llm - cheap, 0) > 0);
        const order = Uint32Array.from(questions, (_, i) => i);
        const weighted = metricsOf(
          questions,
          order,
          questions.map(({ times }) => times),
        );
        const plain = metricsOf(
          repeated,
          Uint32Array.from(repeated, (_, i) => i),
        );
        near(weighted.apgr, plain.apgr);
        near(weighted.cpt50, plain.cpt50);
      },
    ),
  );
});

test('ranks fall with the value, and equal values do not keep the order of the file', () => {
  assert.deepEqual([...rank([0.1, 0.9, 0.5], 1)], [1, 2, 0]);
  assert.notDeepEqual([...rank(new Float64Array(50), 1)], [...rank(new Float64Array(50), 2)]);
});

test('the interval holds the estimate, and is wider where fewer groups stand behind it', () => {
  // Twenty blocks of twenty equal questions.
  const block = Uint32Array.from({ length: 400 }, (_, i) => Math.floor(i / 20));
  const outcomes = Array.from(block, (at) => ({ cheap: at % 5 === 0 ? 1 : 0, llm: at % 2 }));
  const order = rank(
    Array.from(block, (at) => (at * 7) % 20),
    1,
  );
  const each = Uint32Array.from(outcomes, (_, i) => i);
  const { apgr } = metricsOf(outcomes, order);
  const alone = bootstrap(outcomes, [order], each, 200, 1).apgr;
  const grouped = bootstrap(outcomes, [order], block, 200, 1).apgr;
  assert.ok(alone.low < apgr && apgr < alone.high);
  assert.ok(grouped.high - grouped.low > 2 * (alone.high - alone.low));
});

test('questions with one stem, or with nearly equal vectors, are one group', () => {
  const unit = (angle: number): Float32Array => Float32Array.of(Math.cos(angle), Math.sin(angle), 0, 0);
  const texts = ['What is it?\nA. x', 'what is IT\nA. y', 'Another one', 'A third', 'A fourth'];
  const { groups } = findSimilar(texts, [unit(0), unit(1.5), unit(3), unit(3.1), unit(4.5)]);
  assert.equal(groups[0], groups[1]);
  assert.equal(groups[2], groups[3]);
  assert.equal(new Set(groups).size, 3);
});
