import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { retrieverContract } from '../../../test/contracts/retriever.ts';
import { denseRetriever } from './dense.ts';
import { buildFields, fieldRetriever, fieldsOf } from './fields.ts';
import { fuse } from './fusion.ts';
import { indexInputs, openIndex } from './input-index.ts';
import { buildPostings, lexicalRetriever } from './lexical.ts';
import type { Hit, RetrievalQuery } from './retriever.ts';
import { topHits } from './retriever.ts';
import { keyedTerms, wordsOf } from './terms.ts';

const words = fc.array(fc.constantFrom('red', 'blue', 'green', 'box', 'ball', 'cup', 'nine'), {
  maxLength: 8,
});
const corpus = fc.array(words, { minLength: 3, maxLength: 12 });
const terms = keyedTerms('k');
const toQuery = (list: readonly string[]): RetrievalQuery => ({
  words: terms.words(list.join(' ')),
  vector: null,
});
const placesOf = (hits: readonly Hit[]): number[] => hits.map(({ at }) => at);

describe('wordsOf', () => {
  test('folds case, width and plural endings, and keeps codes whole', () => {
    assert.deepEqual(wordsOf('Cities, BOXES and ＯＲＤＥＲ AB-123s; 3.5 kg, alice@example.com'), [
      'city',
      'boxe',
      'and',
      'order',
      'ab-123s',
      '3.5',
      'kg',
      'alice@example.com',
    ]);
  });

  test('gives the same word for a noun and its regular plural', () => {
    for (const noun of ['tree', 'horse', 'parcel', 'refund', 'berry'])
      assert.deepEqual(wordsOf(noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`), wordsOf(noun));
  });
});

describe('keyedTerms', () => {
  test('gives the same hashes for the same key, and others for another', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 40 }), (text) => {
        const [one, again, other] = ['a', 'a', 'b'].map((key) => keyedTerms(key).words(text));
        assert.deepEqual(one, again);
        for (let i = 0; i < one!.length; i++) assert.notEqual(one![i], other![i]);
      }),
    );
  });
});

describe('topHits', () => {
  test('gives what sorting all of the scores gives', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 30 }), fc.nat(8), (list, k) => {
        const sorted = list
          .map((score, at) => ({ at, score }))
          .filter(({ score }) => score > 0)
          .sort((a, b) => b.score - a.score || a.at - b.at);
        assert.deepEqual(topHits(Float64Array.from(list), k + 1), sorted.slice(0, k + 1));
      }),
    );
  });
});

describe('lexicalRetriever', () => {
  /** BM25 as it is written, over words in clear. */
  const reference = (inputs: readonly string[][], query: readonly string[]): number[] => {
    const mean = inputs.reduce((sum, { length }) => sum + length, 0) / inputs.length || 1;
    return inputs.map((input) => {
      let score = 0;
      for (const word of new Set(query)) {
        const having = inputs.filter((each) => each.includes(word)).length;
        const count = input.filter((each) => each === word).length;
        if (count === 0 || having * 2 > inputs.length) continue;
        const idf = Math.log(1 + (inputs.length - having + 0.5) / (having + 0.5));
        score += (idf * count * 2.2) / (count + 1.2 * (0.25 + (0.75 * input.length) / mean));
      }
      return score;
    });
  };

  test('scores as BM25 does', () => {
    fc.assert(
      fc.property(corpus, words, (inputs, query) => {
        const hashed = inputs.map((input) => terms.words(input.join(' ')));
        const retriever = lexicalRetriever(
          buildPostings(hashed),
          Uint32Array.from(hashed, ({ length }) => length),
        );
        const expected = reference(inputs, query);
        const hits = retriever.search(toQuery(query), inputs.length);
        assert.equal(hits.length, expected.filter((score) => score > 0).length);
        for (const { at, score } of hits) assert.ok(Math.abs(score - expected[at]!) < 1e-4);
      }),
    );
  });

  test('leaves out the input that it is told to', () => {
    fc.assert(
      fc.property(corpus, words, fc.nat(11), (inputs, query, place) => {
        const except = place % inputs.length;
        const hashed = inputs.map((input) => terms.words(input.join(' ')));
        const retriever = lexicalRetriever(
          buildPostings(hashed),
          Uint32Array.from(hashed, ({ length }) => length),
        );
        const all = retriever.search(toQuery(query), inputs.length);
        const some = retriever.search(toQuery(query), inputs.length, except);
        assert.deepEqual(
          some,
          all.filter(({ at }) => at !== except),
        );
      }),
    );
  });

  test('an input covers all of its own words, and none of others', () => {
    const inputs = ['red box', 'blue ball', 'green cup'].map((text) => terms.words(text));
    const retriever = lexicalRetriever(buildPostings(inputs), Uint32Array.of(2, 2, 2));
    assert.equal(retriever.covered(toQuery(['red', 'box']), 0), 1);
    assert.equal(retriever.covered(toQuery(['red', 'box']), 1), 0);
    assert.ok(Math.abs(retriever.covered(toQuery(['red', 'ball']), 0) - 0.5) < 1e-9);
    assert.equal(retriever.known(toQuery(['red', 'ball'])), 1);
    assert.ok(retriever.known(toQuery(['red', 'unheard'])) < 0.5);
  });
});

describe('fieldRetriever', () => {
  test('finds a value between separators, and not where it is part of another', () => {
    const inputs = [
      'Ada likes chess, onion rings, tea',
      'Bob likes golf, rings, rugby',
      'Cy likes jam, ham, rye',
    ];
    const retriever = fieldRetriever(buildFields(inputs, terms), inputs.length);
    assert.deepEqual(placesOf(retriever.search(toQuery(['who', 'likes', 'rings']), 3)), [1]);
    assert.deepEqual(placesOf(retriever.search(toQuery(['who', 'likes', 'onion', 'rings']), 3)), [0]);
    assert.deepEqual(placesOf(retriever.search(toQuery(['likes']), 3)), []);
  });

  test('reads the values of JSON and of lines', () => {
    assert.deepEqual(fieldsOf('{"order": "AB-12", "town": "New York"}'), [
      'order',
      'AB-12',
      'town',
      'New York',
    ]);
    assert.deepEqual(fieldsOf('city: Bonn\nsize: 3'), ['city', 'Bonn', 'size', '3']);
  });

  test('the longest span counts, and what is within it no more', () => {
    const inputs = ['new york, x', 'york, x2', 'other, x3'];
    const retriever = fieldRetriever(buildFields(inputs, terms), inputs.length);
    assert.deepEqual(placesOf(retriever.search(toQuery(['new', 'york']), 3)), [0]);
  });
});

describe('denseRetriever', () => {
  test('an input is as near as the nearest of its vectors', () => {
    const retriever = denseRetriever(
      {
        dimensions: 2,
        vectors: Float32Array.of(1, 0, 0, 1, 0.6, 0.8),
        owners: Uint32Array.of(0, 0, 1),
      },
      2,
    );
    const query = { words: new Uint32Array(), vector: Float32Array.of(0, 1) };
    assert.deepEqual(placesOf(retriever.search(query, 2)), [0, 1]);
    assert.equal(retriever.similarity(query, 0), 1);
    assert.ok(Math.abs(retriever.similarity(query, 1) - 0.8) < 1e-6);
    assert.deepEqual(retriever.search({ ...query, vector: null }, 2), []);
  });
});

describe('fuse', () => {
  const list = fc.uniqueArray(fc.nat(9), { maxLength: 8 });
  const toHits = (places: readonly number[]): Hit[] => places.map((at, i) => ({ at, score: 100 - i }));

  test('the score is the sum of 1 / (60 + rank)', () => {
    fc.assert(
      fc.property(fc.array(list, { maxLength: 4 }), (lists) => {
        for (const { at, score } of fuse(lists.map(toHits))) {
          const expected = lists.reduce((sum, each) => {
            const rank = each.indexOf(at);
            return rank < 0 ? sum : sum + 1 / (60 + rank + 1);
          }, 0);
          assert.ok(Math.abs(score - expected) < 1e-12);
        }
      }),
    );
  });

  test('one list alone keeps its order', () => {
    fc.assert(fc.property(list, (places) => assert.deepEqual(placesOf(fuse([toHits(places)])), places)));
  });
});

/** Three inputs with values of their own, each a direction of its own. */
const STORED = ['order AB-1, town Bonn', 'order AB-2, town Rome', 'order AB-3, town Oslo'];
const stored = openIndex(
  indexInputs(STORED, 'k', {
    dimensions: 4,
    owners: Uint32Array.of(0, 1, 2),
    vectors: Float32Array.of(1, 0, 0, 0, 0.6, 0.8, 0, 0, 0, 0, 1, 0),
  }),
  'k',
);
for (const name of ['lexical', 'field', 'dense', 'hybrid'] as const)
  retrieverContract(name, () => ({
    retriever: stored[name]!,
    queries: STORED.map((text, i) => {
      const vector = [
        [1, 0, 0, 0],
        [0.5, 0.8, 0, 0],
        [0, 0, 1, 0],
      ][i]!;
      return stored.query(text, Float32Array.from(vector));
    }),
    strange: stored.query('unheard of', Float32Array.of(0, 0, 0, 1)),
  }));

describe('openIndex', () => {
  const inputs = ['where is parcel AB-1', 'refund for AB-2 please', 'I cannot log in', 'reset my password'];

  test('the same input is found first by every retriever and by all together', () => {
    const index = openIndex(indexInputs(inputs, 'k', null), 'k');
    inputs.forEach((input, at) => {
      const query = index.query(input, null);
      assert.equal(index.lexical.search(query, 1)[0]?.at, at);
      assert.equal(index.hybrid.search(query, 1)[0]?.at, at);
    });
    assert.deepEqual(index.hybrid.search(index.query('unheard of', null), 3), []);
  });

  test('with another key nothing is found', () => {
    const index = openIndex(indexInputs(inputs, 'k', null), 'other');
    for (const input of inputs) assert.deepEqual(index.hybrid.search(index.query(input, null), 3), []);
  });
});
