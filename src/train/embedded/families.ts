/**
 * In what the architectures that can be trained differ, whatever the file: one row each. It follows llama.cpp
 * (ggml-org/llama.cpp, src/models/).
 * Does not: read files (architecture.ts).
 */
import type { TrainedArchitecture } from '../../models/weights/abilities.ts';
import { LINEARS, type Linear } from './linears.ts';

/**
 * f(z) = z σ(linear z + cubic z³). SiLU is (1, 0); GELU in its tanh form (Hendrycks and Gimpel 2016, arXiv
 * 1606.08415), ½ z (1 + tanh(√(2/π) (z + 0.044715 z³))), is the same with both factors doubled, since
 * ½ (1 + tanh u) = σ(2u).
 */
export interface Activation {
  readonly linear: number;
  readonly cubic: number;
}
const SILU: Activation = { linear: 1, cubic: 0 };
const GELU: Activation = { linear: 2 * Math.sqrt(2 / Math.PI), cubic: 2 * Math.sqrt(2 / Math.PI) * 0.044715 };

/** In what the architectures differ, whatever the file. */
export interface Family {
  readonly rotaryPairs: 'neighbours' | 'halves';
  readonly activation: Activation;
  readonly scaledEmbedding: boolean;
  readonly headNorms: boolean;
  readonly postNorms: boolean;
  /** Linear layers that may have a bias. */
  readonly biases: readonly Linear[];
  /** Whether `rope_freqs.weight` may divide the rotary frequencies (Llama 3.1 and later). */
  readonly rotaryFactors: boolean;
  /** Whether blocks attend locally, unless their number + 1 is a multiple of the period. */
  readonly window: { readonly period: number; readonly rotaryBase: number } | null;
  /** Blocks whose number + 1 is a multiple of it do not rotate positions. */
  readonly unrotated: number | null;
  /** Whether final_logit_softcapping is read. */
  readonly logitCap: boolean;
  /** Whether the file says what embeddings, scores, residuals and logits are multiplied by (Granite). */
  readonly scales: boolean;
  /** A model with this number of blocks scales scores by 1/√(hidden / heads), not 1/√headSize (Gemma 3 27B). */
  readonly shareScaledLayers: number | null;
}

/** The plainest, from which the others are told apart. */
const QWEN2: Family = {
  rotaryPairs: 'halves',
  activation: SILU,
  scaledEmbedding: false,
  headNorms: false,
  postNorms: false,
  biases: ['attn_q', 'attn_k', 'attn_v'],
  rotaryFactors: false,
  window: null,
  unrotated: null,
  logitCap: false,
  scales: false,
  shareScaledLayers: null,
};

/** By general.architecture. The rows of llama's q and k are permuted so that rotary pairs are neighbours. */
export const FAMILIES: Readonly<Record<TrainedArchitecture, Family>> = {
  llama: { ...QWEN2, rotaryPairs: 'neighbours', biases: LINEARS, rotaryFactors: true },
  qwen2: QWEN2,
  qwen3: { ...QWEN2, headNorms: true },
  gemma3: {
    ...QWEN2,
    activation: GELU,
    scaledEmbedding: true,
    headNorms: true,
    postNorms: true,
    biases: [],
    window: { period: 6, rotaryBase: 10_000 },
    logitCap: true,
    shareScaledLayers: 62,
  },
  // llama.cpp's n_no_rope_layer_step.
  smollm3: { ...QWEN2, rotaryPairs: 'neighbours', unrotated: 4 },
  granite: { ...QWEN2, rotaryPairs: 'neighbours', biases: LINEARS, scales: true },
};
