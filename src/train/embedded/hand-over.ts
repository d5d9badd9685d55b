/**
 * Teaches a model when to hand a call over: what models that were trained without it got wrong is learnt with two
 * answers, its own and the word for handing over. The models are two, each of every second example.
 * Does not: train (train.ts), or know what handing over means for a call (runtime/llama).
 */
import { UnderstudyError } from '../../core/errors.ts';
import { HAND_OVER } from '../../models/decoder/hand-over.ts';
import { loraPlan } from './lora.ts';
import { planMemory } from './memory.ts';
import { StepRunner } from './step.ts';
import { type Tokenizer, type TrainingText, tokeniseExample } from './tokenise.ts';
import type { LoraTrainingOptions } from './train.ts';

export const FOLDS = 2;

/** Trains on `known`, and tells of each of `held` whether it is answered otherwise. */
export type GetsWrong = (
  held: readonly TrainingText[],
  known: readonly TrainingText[],
  fold: number,
) => Promise<readonly boolean[]>;

/**
 * The texts, those that were got wrong as two that share the weight. Texts with soft targets say already how unsure
 * the LLM was, and are left as they are.
 * @param probability Of handing over, where an example was got wrong.
 * @throws UnderstudyError 'unsupported' where the task has the word among its answers.
 */
export async function withHandOver(
  texts: readonly TrainingText[],
  probability: number,
  getsWrong: GetsWrong,
): Promise<readonly TrainingText[]> {
  if (texts.some(({ answer }) => answer === HAND_OVER))
    throw new UnderstudyError(
      'unsupported',
      `An answer of the task is ${HAND_OVER}, the word for handing over.`,
      { hint: 'Leave handOver out of the recipe.' },
    );
  const wrong = new Set<TrainingText>();
  for (let fold = 0; fold < FOLDS; fold++) {
    const held = texts.filter((text, i) => i % FOLDS === fold && text.probability === undefined);
    const known = texts.filter((_, i) => i % FOLDS !== fold);
    if (held.length === 0 || known.length === 0) continue;
    const answers = await getsWrong(held, known, fold);
    held.forEach((text, i) => {
      if (answers[i]) wrong.add(text);
    });
  }
  return texts.flatMap((text) =>
    wrong.has(text)
      ? [
          { ...text, probability: 1 - probability },
          { ...text, answer: HAND_OVER, probability },
        ]
      : [text],
  );
}

/** Of each text, whether greedy decoding would write another answer; false for what is too long to be asked. */
export async function misanswered(
  texts: readonly TrainingText[],
  options: Pick<LoraTrainingOptions, 'weights' | 'recipe' | 'threads' | 'memoryBytes'> & {
    readonly tokenizer: Tokenizer;
    /** Of the trained matrices. */
    readonly parameters: Float32Array;
  },
): Promise<readonly boolean[]> {
  const { weights, recipe, threads, tokenizer, parameters } = options;
  const samples = texts.map((text) => tokeniseExample(tokenizer, text, recipe.maxTokens));
  const asked = samples.filter((sample) => sample !== null).map((sample) => ({ ...sample, weight: 1 }));
  if (asked.length === 0) return texts.map(() => false);
  const maxTokens = Math.max(...asked.map(({ ids }) => ids.length));
  const { limits } = planMemory(weights.shape, maxTokens, {
    budgetBytes: options.memoryBytes,
    arithmetic: 'float32',
  });
  const plan = loraPlan(recipe);
  const runner = await StepRunner.create(weights, parameters, {
    ...{ plan, mode: 'evaluate', prepack: false, threads, limits, maxTokens },
  });
  try {
    const checked = (await runner.check(asked))[Symbol.iterator]();
    return samples.map((sample) => sample !== null && !checked.next().value!.exact);
  } finally {
    await runner.close();
  }
}
