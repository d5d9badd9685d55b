/**
 * What the trainer of linear extractors proposes: always, where answers have fields that are copied or chosen.
 * Does not: train.
 */
import type { Dataset } from '../../core/dataset.ts';
import type { Proposal, TrainingLimits } from '../../core/runtime.ts';
import type { Task } from '../../core/task.ts';
import { exampleTokens } from '../../core/tokens.ts';
import { isExtractable, whyNotExtracted } from '../extractor/plan.ts';

/** Tokens per second: 2,300 turns of an agent, on two cores that others shared (dev/LOG.md). */
const TOKENS_PER_SECOND = 20_000;

export function proposeTagger(
  task: Pick<Task, 'kind'>,
  { splits: { train } }: Pick<Dataset, 'splits'>,
  { speedOf }: TrainingLimits,
): readonly Proposal[] {
  if (!isExtractable(task.kind)) return [];
  const work = train.reduce((sum, example) => sum + exampleTokens(example), 0);
  return [
    {
      rung: 'tagger',
      base: null,
      recipe: {},
      cost: 'seconds',
      work,
      minutes: work / (speedOf(null) ?? TOKENS_PER_SECOND) / 60,
      refusal: whyNotExtracted(task.kind, train),
    },
  ];
}
