/**
 * Correct or wrong, by output kind: one interface, an implementation per kind.
 * Equality is core/compare's; what this adds is a judge for free text.
 * Does not: ask a model itself; the judge is passed in.
 */
import type { OutputKind } from '../../core/answer.ts';
import { type CompareOptions, compareAnswers } from '../../core/compare.ts';
import type { TextPair } from '../../core/compare-values.ts';
import { type Ask, judgeText } from './judge.ts';

/** Whether an answer is correct. */
export interface Grade {
  /** Null: undecided. */
  readonly correct: boolean | null;
  /** Share of correct fields, for JSON only. */
  readonly fieldScore: number | null;
  /** Which field is wrong, by the schemas' names; absent or null where no one field is. */
  readonly field?: string | null;
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
      const { right: correct, fieldScore, field, texts } = compareAnswers(kind, expected, actual, options);
      if (correct !== null || !ask) return { correct, fieldScore, field };
      return { correct: await judgeAll(ask, input, texts), fieldScore, field };
    },
  };
}

/** Whether a judge finds each text as good as the one that was expected. */
async function judgeAll(ask: Ask, input: string, texts: readonly TextPair[]): Promise<boolean | null> {
  let correct: boolean | null = true;
  for (const { expected, actual } of texts) {
    const one = await judgeText(ask, input, expected, actual);
    if (one === false) return false;
    correct = one === null ? null : correct;
  }
  return correct;
}
