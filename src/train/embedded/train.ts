/** Trains LoRA matrices on samples: the graph of a decoder in the loop of every model. */
import { type LoopOptions, type Training, train } from '../engine/loop.ts';
import type { Sample } from './batch.ts';
import { initialLora, loraConfig, loraLayout } from './lora.ts';
import { planMemory } from './memory.ts';
import type { Recipe } from './recipe.ts';
import { StepRunner } from './step.ts';
import type { DecoderWeights } from './weights.ts';

export interface LoraTrainingOptions extends Pick<LoopOptions, 'seed' | 'checkpoint' | 'onStep'> {
  readonly weights: DecoderWeights;
  readonly samples: readonly Sample[];
  readonly recipe: Recipe;
  readonly threads: number;
  /** Most memory that it may take, bytes. */
  readonly memoryBytes: number;
}

export interface TrainedLora extends Training {
  /** Flat, in the order of loraLayout. */
  readonly parameters: Float32Array;
}

/**
 * The result depends on the options alone: a run that was killed and resumed gives the same parameters.
 * @throws UnderstudyError 'diverged', 'unsupported' (more memory than allowed).
 */
export async function trainLora(options: LoraTrainingOptions): Promise<TrainedLora> {
  const { weights, samples, recipe, seed } = options;
  const lora = loraConfig(recipe);
  const layout = loraLayout(weights.shape, lora);
  const parameters = initialLora(layout, seed);
  const lengths = samples.map(({ ids }) => ids.length);
  const maxTokens = Math.max(...lengths);
  const { arithmetic } = recipe;
  const budget = { budgetBytes: options.memoryBytes, arithmetic };
  const { prepack, limits } = planMemory(weights.shape, maxTokens, budget);
  const runner = await StepRunner.create(weights, parameters, {
    lora,
    mode: 'train',
    arithmetic,
    prepack,
    limits,
    maxTokens,
    threads: options.threads,
  });
  try {
    const model = {
      parameters,
      gradient: runner.gradient,
      step: (_: number, chosen: readonly number[]) => runner.step(chosen.map((i) => samples[i]!)),
    };
    const { checkpoint, onStep } = options;
    const loop = {
      model,
      lengths,
      guessing: Math.log(weights.shape.vocab),
      schedule: recipe,
      seed,
      checkpoint,
    };
    return { parameters, ...(await train({ ...loop, ...(onStep ? { onStep } : {}) })) };
  } finally {
    await runner.close();
  }
}
