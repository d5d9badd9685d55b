/**
 * How large a model is in each of ggml's quantisations, estimated from its parameters.
 * Does not: measure.
 */

/**
 * Bits a weight, as llama.cpp states them for a model of 8 billion parameters (its tools/quantize/README.md). Small
 * models have a larger share of embeddings, which are kept finer, so that theirs are somewhat larger.
 */
export const BITS_PER_WEIGHT: Readonly<Record<string, number>> = {
  Q4_0: 4.66,
  Q4_K_M: 4.89,
  Q5_K_M: 5.7,
  Q6_K: 6.56,
  Q8_0: 8.5,
  F16: 16,
  BF16: 16,
};

/** Those that are shown beside each other. */
export const SHOWN_QUANTISATIONS = ['Q4_K_M', 'Q8_0', 'F16'] as const;

/** Key and value caches of a few requests, the runtime itself, in bytes. */
const BESIDES = 250e6;

/** Bytes of the file; an unknown quantisation counts as 16 bits. */
export function estimatedBytes(parameters: number, quantisation: string | null): number {
  return Math.round((parameters * (BITS_PER_WEIGHT[quantisation ?? 'F16'] ?? 16)) / 8);
}

/** Bytes in memory when served. */
export function estimatedMemory(parameters: number, quantisation: string | null): number {
  return Math.round(1.1 * estimatedBytes(parameters, quantisation) + BESIDES);
}
