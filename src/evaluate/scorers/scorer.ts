/**
 * Correct or wrong, by output kind: one interface, an implementation per kind.
 * Equality is core/compare's; what this adds is a judge for free text.
 * Does not: ask a model itself; the judge is passed in.
 */
import type { OutputKind } from '../../core/answer.ts';
import { type CompareOptions, compareAnswers } from '../../core/compare.ts';
import type { TextPair } from '../../core/compare-values.ts';
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
      if (correct !== null || !judge) return { correct, fieldScore, field };
      return { correct: await judgeAll(judge, input, texts), fieldScore, field, judged: true };
    },
  };
}

/** Whether a judge finds no text worse than the one that was expected; null where a verdict could not be read. */
async function judgeAll(
  judge: Pick<Judge, 'judge'>,
  input: string,
  texts: readonly TextPair[],
): Promise<boolean | null> {
  let correct: boolean | null = true;
  for (const { expected, actual } of texts) {
    const { outcome } = await judge.judge({ input, reference: expected, answer: actual });
    if (outcome === 'worse') return false;
    if (outcome === 'unreadable') correct = null;
  }
  return correct;
}
