/** AdamW (Loshchilov & Hutter 2019, arXiv 1711.05101) on flat arrays, and the norm for gradient clipping. */

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** Euclidean norm, summed in double precision. */
export function norm(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return Math.sqrt(sum);
}

/** The trained parameters and their running moments, all of one length. */
export interface AdamState {
  readonly parameters: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/**
 * One update in place.
 * @param step Counts from 1.
 * @param scale Multiplies the gradient first: below 1 where it is clipped.
 */
export function adamStep(
  state: AdamState,
  gradient: Float32Array,
  options: {
    readonly step: number;
    readonly rate: number;
    readonly weightDecay: number;
    readonly scale: number;
  },
): void {
  const { parameters, first, second } = state;
  const { step, rate, scale } = options;
  const rateNow = rate / (1 - BETA1 ** step);
  const secondScale = 1 / (1 - BETA2 ** step);
  const keep = 1 - rate * options.weightDecay;
  for (let i = 0; i < parameters.length; i++) {
    const g = gradient[i]! * scale;
    const m = BETA1 * first[i]! + (1 - BETA1) * g;
    const v = BETA2 * second[i]! + (1 - BETA2) * g * g;
    first[i] = m;
    second[i] = v;
    parameters[i] = keep * parameters[i]! - (rateNow * m) / (Math.sqrt(v * secondScale) + EPSILON);
  }
}
