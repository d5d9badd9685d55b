/**
 * What the trainer of retrieval proposes: one index of the training calls, with the encoder's vectors where it is here.
 * Does not: make it.
 */
import type { Dataset } from '../../core/dataset.ts';
import type { Proposal, TrainingLimits } from '../../core/runtime.ts';
import { exampleTokens } from '../../core/tokens.ts';

/** Tokens per second: 2,500 training calls of Banking77 on two cores that others shared; embedding takes nearly all. */
const MEASURED = { words: 400_000, vectors: 4_500 } as const;

/** @param encoder Catalogue name of the encoder that is here; null where there is none. */
export function proposeRetrieval(
  { splits: { train } }: Pick<Dataset, 'splits'>,
  { speedOf }: TrainingLimits,
  encoder: string | null,
): readonly Proposal[] {
  const work = train.reduce((sum, example) => sum + exampleTokens(example), 0);
  const speed = speedOf(encoder) ?? MEASURED[encoder === null ? 'words' : 'vectors'];
  const minutes = work / speed / 60;
  return [{ rung: 'retrieval', base: encoder, recipe: {}, cost: 'seconds', work, minutes, refusal: null }];
}
