/** What every retriever must do, however it searches. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RetrievalQuery, Retriever } from '../../src/models/retrieval/retriever.ts';

export interface RetrieverCase {
  readonly retriever: Retriever;
  /** A query for each of the inputs that are stored, in their order, which finds it. At least three, all different. */
  readonly queries: readonly RetrievalQuery[];
  /** One that has nothing in common with any of them. */
  readonly strange: RetrievalQuery;
}

export function retrieverContract(name: string, open: () => RetrieverCase): void {
  const { retriever, queries, strange } = open();
  const places = fc.nat(queries.length - 1);

  test(`${name}: the best hits come first, each place once, and no more than asked for`, () => {
    fc.assert(
      fc.property(places, fc.integer({ min: 1, max: queries.length + 2 }), (at, k) => {
        const hits = retriever.search(queries[at]!, k);
        assert.ok(hits.length > 0 && hits.length <= k);
        assert.equal(new Set(hits.map((hit) => hit.at)).size, hits.length);
        for (const hit of hits) assert.ok(hit.score > 0 && hit.at >= 0 && hit.at < queries.length);
        hits.reduce((before, hit) => {
          assert.ok(hit.score <= before.score);
          return hit;
        });
        assert.deepEqual(retriever.search(queries[at]!, k), hits);
      }),
    );
  });

  test(`${name}: more hits begin with the same ones`, () => {
    for (const query of queries) {
      const all = retriever.search(query, queries.length);
      for (let k = 1; k <= all.length; k++) assert.deepEqual(retriever.search(query, k), all.slice(0, k));
    }
  });

  test(`${name}: an input is found first by its own query, and not where it is left out`, () => {
    queries.forEach((query, at) => {
      assert.equal(retriever.search(query, 1)[0]?.at, at);
      assert.ok(retriever.search(query, queries.length, at).every((hit) => hit.at !== at));
    });
  });

  test(`${name}: what has nothing in common with anything finds nothing`, () => {
    assert.deepEqual(retriever.search(strange, queries.length), []);
  });
}
