/**
 * Correct or wrong, by output kind: one interface, an implementation per kind.
 * Equality is core/compare's; what this adds is a judge for free text.
 * Does not: ask a model itself; the judge is passed in.
 */
import type { OutputKind } from '../../core/answer.ts';
import { type CompareOptions, compareAnswers } from '../../core/compare.ts';
import type { Judge } from '../../core/judge.ts';

/** Whether an answer is correct. */
export interface Grade {
  /** Null: undecided. */
  readonly correct: boolean | null;
  /** Share of correct fields, for JSON only. */
  readonly fieldScore: number | null;
  /** Which field is wrong, by the schemas' names; absent or null where no one field is. */
  readonly field?: string | null;
  /** A judge was asked: the texts differ. */
  readonly judged?: true;
}

export interface Scorer {
  readonly kind: OutputKind;
  /** Whether `actual` is as good as `expected` for `input`; both as targetOf writes them. '' is always wrong. */
  score(input: string, expected: string, actual: string): Promise<Grade>;
}

export interface ScorerOptions extends CompareOptions {
  /** Says whether texts that differ are as good; without it they stay undecided. */
  readonly judge?: Pick<Judge, 'judge'>;
}

/** The scorer for an output kind. */
export function scorerFor(kind: OutputKind, options: ScorerOptions = {}): Scorer {
  const { judge } = options;
  return {
    kind,
    score: async (input, expected, actual) => {
      const { right: correct, fieldScore, field, texts } = compareAnswers(kind, expected, actual, options);
      const [text] = texts;
      // Of whole answers the judge's own errors are known; not of single fields (equality policy `text`).
      if (correct !== null || !judge || text?.expected !== expected) return { correct, fieldScore, field };
      const { outcome } = await judge.judge({ input, reference: text.expected, answer: text.actual });
      return {
        fieldScore,
        field,
        judged: true,
        correct: outcome === 'unreadable' ? null : outcome === 'as-good',
      };
    },
  };
}
