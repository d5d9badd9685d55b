/**
 * What each router says each question is worth to the LLM, every one by a router that was fitted without the question's
 * fold: the product's (evaluate/outcome), and the baselines of kNN and of the subject's mean.
 */

import { seededRandom } from '../../src/core/random.ts';
import {
  fitOutcomes,
  foldOfGroup,
  type OutcomeOptions,
  type OutcomeRecord,
} from '../../src/evaluate/outcome.ts';
import { chooseModel, thresholdForShare, valueOfLlm } from '../../src/route/model-choice.ts';
import { type OutcomeProbabilities, predictOutcomes } from '../../src/stats/outcome.ts';
import type { Question } from './data.ts';
import type { Similar } from './similar.ts';

export interface Recorded {
  readonly questions: readonly Question[];
  readonly vectors: readonly Float32Array[];
  readonly similar: Similar;
}

/** Fold of each question; those of one group are in one. */
export function foldsOf(groups: ArrayLike<number | string>, folds: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: groups.length }, (_, i) => foldOfGroup(String(groups[i]), folds, seed));
}

export function recordsOf({ questions, vectors, similar }: Recorded): readonly OutcomeRecord[] {
  return questions.map(({ text, cheap, llm }, i) => ({
    text,
    cheap,
    llm,
    vector: vectors[i]!,
    group: String(similar.groups[i]!),
  }));
}

export interface CrossValidated {
  readonly values: Float64Array;
  readonly probabilities: readonly OutcomeProbabilities[];
  /** Share of held-back calls sent to the LLM by a threshold that the other folds set for `BUDGET`. */
  readonly sent: number;
}

/** The share of calls that the threshold is set for. */
export const BUDGET = 0.3;

/** @param most training records used of each fold, drawn at random; all where it is absent. */
export function crossValidate(
  records: readonly OutcomeRecord[],
  folds: Uint8Array,
  options: OutcomeOptions = {},
  most = Number.POSITIVE_INFINITY,
): CrossValidated {
  const values = new Float64Array(records.length);
  const probabilities = new Array<OutcomeProbabilities>(records.length);
  let sent = 0;
  for (const fold of new Set(folds)) {
    const others = records.filter((_, i) => folds[i] !== fold);
    const random = seededRandom(fold + 1);
    const train = others.length <= most ? others : random.shuffle(others).slice(0, most);
    const { model, held } = fitOutcomes(train, options);
    const threshold = thresholdForShare(held.map(valueOfLlm), BUDGET);
    records.forEach(({ text, vector }, i) => {
      if (folds[i] !== fold) return;
      const both = predictOutcomes(model, text, vector);
      probabilities[i] = both;
      values[i] = valueOfLlm(both);
      if (chooseModel(both, threshold) === 'llm') sent++;
    });
  }
  return { values, probabilities, sent: sent / records.length };
}

/** What a router fitted on other questions says of these. */
export function transfer(train: readonly OutcomeRecord[], to: readonly OutcomeRecord[]): Float64Array {
  const { model } = fitOutcomes(train);
  return Float64Array.from(to, ({ text, vector }) => valueOfLlm(predictOutcomes(model, text, vector)));
}

const NEIGHBOURS = [10, 40, 100, 200] as const;

/**
 * The mean gain of the k nearest training questions, weighted as the product's votes are: exp((cosine − 1) / 0.1). k is
 * chosen within the training folds, by the squared error on questions of a fold that is held back there, too.
 */
export function nearestNeighbours({ questions, similar }: Recorded, folds: Uint8Array): Float64Array {
  const gains = Float64Array.from(questions, ({ cheap, llm }) => llm - cheap);
  const inFolds = new Set(folds);
  const mean = (i: number, k: number, without: (fold: number) => boolean): number => {
    let [sum, total, found] = [0, 0, 0];
    const near = similar.neighbours[i]!;
    for (let n = 0; n < near.length && found < k; n++) {
      const j = near[n]!;
      if (without(folds[j]!)) continue;
      const weight = Math.exp((similar.cosines[i]![n]! - 1) / 0.1);
      sum += weight * gains[j]!;
      total += weight;
      found++;
    }
    return total === 0 ? 0 : sum / total;
  };
  const values = new Float64Array(questions.length);
  for (const fold of inFolds) {
    const errors = NEIGHBOURS.map((k) =>
      questions.reduce((sum, _, i) => {
        if (folds[i] === fold) return sum;
        const miss = mean(i, k, (other) => other === fold || other === folds[i]) - gains[i]!;
        return sum + miss * miss;
      }, 0),
    );
    const best = NEIGHBOURS[errors.indexOf(Math.min(...errors))]!;
    for (let i = 0; i < questions.length; i++)
      if (folds[i] === fold) values[i] = mean(i, best, (other) => other === fold);
  }
  return values;
}

/** The mean gain of the training questions of the same subject, which the router is not told: for comparison. */
export function subjectMeans(questions: readonly Question[], folds: Uint8Array): Float64Array {
  const values = new Float64Array(questions.length);
  for (const fold of new Set(folds)) {
    const sums = new Map<string, { gain: number; n: number }>();
    questions.forEach(({ subject, cheap, llm }, i) => {
      if (folds[i] === fold) return;
      const sum = sums.get(subject) ?? { gain: 0, n: 0 };
      sums.set(subject, { gain: sum.gain + llm - cheap, n: sum.n + 1 });
    });
    questions.forEach(({ subject }, i) => {
      const sum = sums.get(subject);
      if (folds[i] === fold && sum) values[i] = sum.gain / sum.n;
    });
  }
  return values;
}
