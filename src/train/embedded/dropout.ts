/**
 * LoRA dropout: in each step some inputs of each A matrix take no part (Lin et al. 2024, arXiv 2404.09610), the same
 * for all tokens of the step. That is PEFT's lora_dropout with a mask per step rather than per token, and costs a pass
 * over the parameters rather than one over the activations.
 */
import { seededRandom } from '../../core/random.ts';
import { type LoraMatrix, matrixOf } from './lora.ts';

/**
 * @param share Of the inputs left out; the others count 1 / (1 − share).
 * @param into What the model reads instead of `parameters`.
 */
export function loraDropout(
  layout: readonly LoraMatrix[],
  options: {
    readonly share: number;
    readonly seed: number;
    readonly parameters: Float32Array;
    readonly into: Float32Array;
  },
): { readonly drop: (step: number) => void; readonly mask: (gradient: Float32Array) => void } {
  const { share, seed, parameters, into } = options;
  const factors = new Map(
    layout.flatMap((matrix) =>
      matrix.part === 'a' ? [[matrix, new Float32Array(matrix.cols)] as const] : [],
    ),
  );
  const scale = (flat: Float32Array): void => {
    for (const [matrix, kept] of factors) {
      const values = matrixOf(flat, matrix);
      for (let i = 0; i < values.length; i++) values[i]! *= kept[i % matrix.cols]!;
    }
  };
  return {
    /** Draws what is left out of this step, from the seed and the step alone, so that a resumed run draws the same. */
    drop: (step) => {
      const random = seededRandom(seed + (step + 1) * 0x85ebca6b);
      for (const kept of factors.values())
        for (let i = 0; i < kept.length; i++) kept[i] = random.next() < share ? 0 : 1 / (1 - share);
      into.set(parameters);
      scale(into);
    },
    /** The gradient of what the model read becomes that of the parameters. */
    mask: scale,
  };
}
