/**
 * Correct or wrong, by output kind: one interface, an implementation per kind.
 * Equality is core/compare's; what this adds is a judge for free text.
 * Does not: ask a model itself; the judge is passed in.
 */
import type { OutputKind } from '../../core/answer.ts';
import { type CompareOptions, compareAnswers } from '../../core/compare.ts';
import { type Ask, judgeText } from './judge.ts';

/** Whether an answer is correct. */
export interface Grade {
  /** Null: undecided. */
  readonly correct: boolean | null;
  /** Share of correct fields, for JSON only. */
  readonly fieldScore: number | null;
}

export interface Scorer {
  readonly kind: OutputKind;
  /** Whether `actual` is as good as `expected` for `input`; both as targetOf writes them. '' is always wrong. */
  score(input: string, expected: string, actual: string): Promise<Grade>;
}

export interface ScorerOptions extends CompareOptions {
  /** Asks a judge model; without it texts that differ stay undecided. */
  readonly ask?: Ask;
}

/** The scorer for an output kind. */
export function scorerFor(kind: OutputKind, options: ScorerOptions = {}): Scorer {
  const { ask } = options;
  return {
    kind,
    score: async (input, expected, actual) => {
      if (actual.trim() === '') return { correct: false, fieldScore: kind === 'json' ? 0 : null };
      const { right: correct, fieldScore } = compareAnswers(kind, expected, actual, options);
      if (correct !== null || !ask) return { correct, fieldScore };
      return { correct: await judgeText(ask, input, expected, actual), fieldScore: null };
    },
  };
}
