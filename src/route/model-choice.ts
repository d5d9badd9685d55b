/**
 * Which of two models gets a call, from how probable it is that each answers it correctly: the LLM gets the calls on
 * which it is worth most, as many as the budget allows.
 * Does not: estimate the probabilities (stats/outcome, evaluate/outcome).
 */
import type { OutcomeProbabilities } from '../stats/outcome.ts';

/** What asking the LLM in place of the cheap model is worth: the expected gain in correct answers, in [−1, 1]. */
export function valueOfLlm({ cheap, llm }: OutcomeProbabilities): number {
  return llm - cheap;
}

/** 'llm' where its value is above the threshold; equal values go to the cheap model. */
export function chooseModel(probabilities: OutcomeProbabilities, threshold: number): 'cheap' | 'llm' {
  return valueOfLlm(probabilities) > threshold ? 'llm' : 'cheap';
}

/**
 * The lowest threshold at which at most `share` of calls with these values go to the LLM.
 * @param values valueOfLlm of calls like those to come, each by a model that was fitted without it.
 * @param share the budget, in [0, 1]: 0 sends none there, 1 sends all.
 */
export function thresholdForShare(values: readonly number[], share: number): number {
  const allowed = Math.floor(Math.min(1, Math.max(0, share)) * values.length + 1e-9);
  if (allowed >= values.length) return Number.NEGATIVE_INFINITY;
  return values.toSorted((a, b) => b - a)[allowed]!;
}
