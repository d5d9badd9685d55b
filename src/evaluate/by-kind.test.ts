import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Example } from '../core/dataset.ts';
import { evidenceByKind } from './by-kind.ts';

const FIND = 'find {"city":"Rome"}';
const OTHER = 'find {"city":"Oslo"}';

/** The LLM's answer, the specialist's, what it would call where it gives none, and whether it is served. */
type Row = readonly [expected: string, answer: string, choice?: string | undefined, served?: boolean];

function evidence(rows: readonly Row[]): ReturnType<typeof evidenceByKind> {
  const examples = rows.map(([answer], i): Example => {
    const id = `${i}`;
    return { id, callId: id, sessionId: id, at: i, input: id, weight: 1, answer };
  });
  return evidenceByKind(
    'mixed',
    examples,
    rows.map(([, answer, choice]) => ({
      prediction: { answer, signals: {}, ms: 1, ...(choice === undefined ? {} : { choice }) },
    })),
    rows.map(([expected, answer], i) => ({ confidence: 1, correct: expected === answer, session: `${i}` })),
    rows.map(([, , , served = false]) => served),
  );
}

describe('evidenceByKind', () => {
  const found = evidence([
    [FIND, FIND, undefined, true],
    [FIND, OTHER, undefined, true],
    // It knows the tool, not the city.
    [FIND, '', 'find'],
    [FIND, 'Hello!', undefined, true],
    ['Hello!', 'Hello!', undefined, true],
    ['Anything', ''],
    ['Anything', '', 'find'],
    // No specialist can give it: it is of no kind.
    ['', ''],
  ]);

  it('reports tool calls and texts apart', () => {
    const shares = found.kinds.map(({ kind, accuracy, answered, coverage, servedError }) => [
      kind,
      accuracy.hits,
      answered.hits,
      accuracy.n,
      coverage.hits,
      servedError.hits,
      servedError.n,
    ]);
    assert.deepEqual(shares, [
      ['tool', 1, 3, 4, 3, 2, 3],
      ['text', 1, 1, 3, 1, 0, 1],
    ]);
  });

  it('reports which tool or none, and the arguments given the tool', () => {
    assert.deepEqual([found.tools?.choice.hits, found.tools?.choice.n], [5, 7]);
    assert.deepEqual([found.tools?.arguments.hits, found.tools?.arguments.n], [1, 3]);
  });

  it('says nothing of tools where none is called', () => {
    assert.equal(evidence([['Hello!', 'Hello!']]).tools, undefined);
  });
});
