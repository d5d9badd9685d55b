/**
 * What a trainer of LoRA adapters proposes: a candidate for each base language model, with the passes that pay and
 * how long they take. Shared by the trainers that make the same adapter (this one and train/peft).
 * Does not: train.
 */
import type { Example } from '../../core/dataset.ts';
import type { Proposal, TrainingLimits } from '../../core/runtime.ts';
import { exampleTokens } from '../../core/tokens.ts';
import { type Budget, type PassPlan, planPasses } from '../plan.ts';

/** How fast a trainer was where it was measured; elsewhere in proportion to threads and to parameters. */
export interface MeasuredSpeed {
  readonly tokensPerSecond: number;
  readonly parameters: number;
  readonly threads: number;
}

/** Tokens of a step, about, and examples at least and at most: of short ones four a step leave the products too small. */
const STEP = { tokens: 250, fewest: 4, most: 8 };
/** About as many examples in all are enough, in 1 to 4 passes (dev/LOG.md). */
const ENOUGH_EXAMPLES = 8_000;
const [MIN_PASSES, MAX_PASSES] = [1, 4];

/**
 * A proposal for each base model. One that was not trained on this machine yet is planned by the speed of one that was, and
 * where none was, by the one that was `measured` elsewhere; both in proportion to parameters.
 */
export function proposeLora(
  train: readonly Example[],
  { bases, minutes, speedOf }: TrainingLimits,
  { measured, threads }: { readonly measured: MeasuredSpeed; readonly threads: number },
): readonly Proposal[] {
  const languages = bases.filter(({ kind }) => kind === 'language');
  const here = languages.map((base) => base.parameters * (speedOf(base.name) ?? 0)).find((work) => work > 0);
  /** Parameters times tokens per second. */
  const work = here ?? measured.tokensPerSecond * measured.parameters * (threads / measured.threads);
  return languages.map(({ name, parameters }): Proposal => {
    const expected = work / parameters;
    const { epochs, batch, ...plan } = planLora(train, { minutes, speed: speedOf(name) ?? expected });
    return { rung: 'lora', base: name, recipe: { epochs, batch }, cost: 'minutes', ...plan };
  });
}

/** Passes over the examples, and how many of them make a step. */
export function planLora(
  train: readonly Pick<Example, 'input' | 'answer' | 'soft'>[],
  budget: Budget,
): PassPlan & { readonly batch: number } {
  // An example is trained on once for each of its answers.
  const lengths = train.flatMap((example) =>
    Array<number>(1 + (example.soft?.length ?? 0)).fill(exampleTokens(example)),
  );
  const passes = ENOUGH_EXAMPLES / Math.max(1, lengths.length);
  const wanted = Math.min(MAX_PASSES, Math.max(MIN_PASSES, passes));
  return { ...planPasses(lengths, wanted, budget), batch: stepBatch(lengths) };
}

/** Examples per step, of their lengths in tokens. */
export function stepBatch(lengths: readonly number[]): number {
  const mean = lengths.reduce((sum, tokens) => sum + tokens, 0) / Math.max(1, lengths.length);
  return Math.max(STEP.fewest, Math.min(STEP.most, Math.round(STEP.tokens / mean)));
}
