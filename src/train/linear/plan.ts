/**
 * What the trainer of linear models proposes: words always, and the encoder's frozen vectors where it is there.
 * Does not: train.
 */
import type { Dataset } from '../../core/dataset.ts';
import type { Proposal, TrainingLimits } from '../../core/runtime.ts';
import { exampleTokens } from '../../core/tokens.ts';

/** Tokens per second by rung: 2,500 training calls of Banking77, one run each, on two cores that others shared. */
const MEASURED = { lexical: 45_000, knn: 4_500, head: 2_500 } as const;

/** @param encoder Catalogue name of the encoder that is here; null where there is none. */
export function proposeLinear(
  { splits: { train } }: Pick<Dataset, 'splits'>,
  { bases, speedOf }: TrainingLimits,
  encoder: string | null,
): readonly Proposal[] {
  const work = train.reduce((sum, example) => sum + exampleTokens(example), 0);
  const proposed = (rung: keyof typeof MEASURED, base: string | null, reason: string | null): Proposal => ({
    rung,
    base,
    recipe: {},
    cost: 'seconds',
    work,
    minutes: work / (speedOf(base) ?? MEASURED[rung]) / 60,
    refusal: reason === null ? null : { reason },
  });
  const names = encoder === null ? bases.filter(({ kind }) => kind === 'encoder') : [{ name: encoder }];
  return [
    proposed('lexical', null, null),
    ...names.flatMap(({ name }) =>
      (['knn', 'head'] as const).map((rung) => proposed(rung, name, encoder === null ? missing(rung) : null)),
    ),
  ];
}

const missing = (rung: string): string =>
  `Nothing here can train a ${rung} specialist: its weights are missing.`;
