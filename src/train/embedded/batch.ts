/**
 * From tokenised examples to the inputs of one graph run: which samples fit into one, and the index tensors that map
 * tokens to attention's padded layout and back.
 * Does not: tokenise (tokenise.ts) or run (step.ts).
 */
import { attentionOf, tokensOf } from '../engine/runs.ts';
import type { DecoderShape } from './architecture.ts';

/** A tokenised example. */
export interface Sample {
  readonly ids: readonly number[];
  /** Index of the first token of the completion; at least 1. */
  readonly completion: number;
  /** Mean 1 over all samples. */
  readonly weight: number;
}

export interface RunLimits {
  readonly tokens: number;
  /** sequences · longest² */
  readonly attention: number;
  /** Completion tokens: each has a row of logits over the whole vocabulary. */
  readonly labels: number;
}

export interface Int64Input {
  readonly type: 'int64';
  readonly dims: readonly number[];
  readonly data: BigInt64Array;
}
export interface Float32Input {
  readonly type: 'float32';
  readonly dims: readonly number[];
  readonly data: Float32Array;
}
export type BatchInputs = Readonly<Record<string, Int64Input | Float32Input>>;

/** Whether a run of these samples, longest first, stays within the limits: tokens, attention matrices, logits. */
export function fitsWithin(limits: RunLimits): (run: readonly Sample[]) => boolean {
  return (run) =>
    tokensOf(run) <= limits.tokens &&
    attentionOf(run) <= limits.attention &&
    completionTokens(run) <= limits.labels;
}

/** Completion tokens of the samples: what a step's loss is divided by. */
export function completionTokens(samples: readonly Sample[]): number {
  return samples.reduce((sum, sample) => sum + sample.ids.length - sample.completion, 0);
}

/**
 * The inputs of one run. The last token of a sample is only ever a label, so it is not fed.
 * @param divisor What each label's loss is divided by: the completion tokens of the whole step.
 */
export function batchInputs(samples: readonly Sample[], shape: DecoderShape, divisor: number): BatchInputs {
  const lengths = samples.map((sample) => sample.ids.length - 1);
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const rows = completionTokens(samples);
  const longest = Math.max(...lengths);
  const padded = samples.length * longest;
  const group = shape.heads / shape.kvHeads;

  const ids = new BigInt64Array(tokens);
  const positions = new BigInt64Array(tokens);
  const unpad = new BigInt64Array(tokens);
  const spread = new BigInt64Array(tokens).fill(BigInt(rows));
  const pad = new BigInt64Array(padded);
  const padMask = new Float32Array(padded);
  const topPad = new BigInt64Array(padded);
  const topPadMask = new Float32Array(padded);
  const rowIndex = new BigInt64Array(rows);
  const topUnpad = new BigInt64Array(rows);
  const labels = new BigInt64Array(rows);
  const lossWeights = new Float32Array(rows);
  let token = 0;
  let row = 0;
  samples.forEach((sample, s) => {
    for (let i = 0; i < lengths[s]!; i++, token++) {
      const cell = s * longest + i;
      ids[token] = BigInt(sample.ids[i]!);
      positions[token] = BigInt(i);
      unpad[token] = BigInt(cell);
      pad[cell] = BigInt(token);
      padMask[cell] = 1;
      if (i + 1 < sample.completion) continue;
      rowIndex[row] = BigInt(token);
      topUnpad[row] = BigInt(cell);
      topPad[cell] = BigInt(row);
      topPadMask[cell] = 1;
      spread[token] = BigInt(row);
      labels[row] = BigInt(sample.ids[i + 1]!);
      lossWeights[row] = sample.weight / divisor;
      row++;
    }
  });
  return {
    ids: int64(ids, [tokens]),
    positions: int64(positions, [tokens, 1]),
    pad: int64(pad, [padded]),
    unpad: int64(unpad, [tokens]),
    padMask: float32(padMask, [padded, 1]),
    ...Object.fromEntries(
      shape.kinds.map(({ window }, kind) => [
        `causal.${kind}`,
        float32(causalMask(longest, group, window), [group * longest, longest]),
      ]),
    ),
    querySplit: sizes([samples.length, longest, shape.kvHeads, group, shape.headSize]),
    queryJoin: sizes([samples.length, shape.kvHeads, group * longest, shape.headSize]),
    queryPart: sizes([samples.length, shape.kvHeads, group, longest, shape.headSize]),
    keySplit: sizes([samples.length, longest, shape.kvHeads, shape.headSize]),
    rows: int64(rowIndex, [rows]),
    topUnpad: int64(topUnpad, [rows]),
    topPad: int64(topPad, [padded]),
    topPadMask: float32(topPadMask, [padded, 1]),
    spread: int64(spread, [tokens]),
    labels: int64(labels, [rows, 1]),
    lossWeights: float32(lossWeights, [rows, 1]),
  };
}

/** Cosines and sines of the rotary positions for each kind of attention, [positions, headSize / 2]. */
export function rotaryInputs(shape: DecoderShape, positions: number): BatchInputs {
  const half = shape.headSize / 2;
  const dims = [positions, half];
  const table = (of: (position: number, pair: number) => number): Float32Input => {
    const data = new Float32Array(positions * half);
    for (let p = 0; p < positions; p++) for (let i = 0; i < half; i++) data[p * half + i] = of(p, i);
    return float32(data, dims);
  };
  return Object.fromEntries(
    shape.kinds.flatMap(({ frequencies }, kind) => [
      [`cosine.${kind}`, table((p, i) => Math.cos(p * frequencies[i]!))],
      [`sine.${kind}`, table((p, i) => Math.sin(p * frequencies[i]!))],
      [`minusSine.${kind}`, table((p, i) => -Math.sin(p * frequencies[i]!))],
    ]),
  );
}

/**
 * Added to the scores; each query sees itself and what came before within the window. Padding stands last, so no
 * valid query sees it.
 */
function causalMask(longest: number, group: number, window: number | null): Float32Array {
  const mask = new Float32Array(group * longest * longest);
  for (let query = 0; query < group * longest; query++) {
    const row = query * longest;
    const at = query % longest;
    mask.fill(-1e30, row + at + 1, row + longest);
    if (window !== null) mask.fill(-1e30, row, row + Math.max(0, at - window + 1));
  }
  return mask;
}

function int64(data: BigInt64Array, dims: readonly number[]): Int64Input {
  return { type: 'int64', dims, data };
}

function float32(data: Float32Array, dims: readonly number[]): Float32Input {
  return { type: 'float32', dims, data };
}

function sizes(values: readonly number[]): Int64Input {
  return int64(BigInt64Array.from(values, BigInt), [values.length]);
}
