/** What every scorer must do, whatever its output kind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Scorer } from '../../src/evaluate/scorers/scorer.ts';

export interface ScorerCase {
  readonly input: string;
  readonly expected: string;
  /** Other ways to write the expected answer. */
  readonly same: readonly string[];
  /** Answers of the right form that are wrong. */
  readonly wrong: readonly string[];
  /** Answers that are not of the kind at all; none for text. */
  readonly malformed: readonly string[];
}

export function scorerContract(name: string, scorer: Scorer, cases: readonly ScorerCase[]): void {
  const correct = async (c: ScorerCase, actual: string): Promise<boolean | null> =>
    (await scorer.score(c.input, c.expected, actual)).correct;

  test(`${name}: an answer equals itself and its other spellings`, async () => {
    for (const c of cases)
      for (const actual of [c.expected, ...c.same]) assert.equal(await correct(c, actual), true, actual);
  });
  test(`${name}: wrong, malformed and empty answers are wrong`, async () => {
    for (const c of cases)
      for (const actual of [...c.wrong, ...c.malformed, '', '  '])
        assert.equal(await correct(c, actual), false, actual);
  });
  test(`${name}: a field score is within 0 and 1, and there for JSON only`, async () => {
    for (const c of cases)
      for (const actual of [c.expected, ...c.same, ...c.wrong, ...c.malformed, '']) {
        const { fieldScore } = await scorer.score(c.input, c.expected, actual);
        if (scorer.kind === 'json') assert.ok(fieldScore !== null && fieldScore >= 0 && fieldScore <= 1);
        else assert.equal(fieldScore, null);
      }
  });
}
