/**
 * Tokenised texts as the inputs of the encoder's graph: the tokens of all texts one after another, without padding but in
 * attention's layout.
 * Does not: tokenise (bert.ts).
 */
import { Tensor } from 'onnxruntime-node';
import type { BertConfig } from './read-bert.ts';

/** Texts as the graph's inputs, the tokens of all one after another. */
export interface PackedTexts {
  /** Words of the vocabulary, and places in their text. [tokens] */
  readonly ids: BigInt64Array;
  readonly positions: BigInt64Array;
  /** Token of each cell of the padded layout, the first one for padding. [texts · longest] */
  readonly pad: BigInt64Array;
  /** Cell of each token. [tokens] */
  readonly unpad: BigInt64Array;
  /** 1 where a cell holds a token. [texts · longest] */
  readonly padMask: Float32Array;
  /** Added to the scores of keys: far below zero where a key is padding. [texts · longest] */
  readonly keyMask: Float32Array;
  /** 1/length where a token belongs to a text: mean pooling as one multiplication. [texts, tokens] */
  readonly pool: Float32Array;
  readonly texts: number;
  readonly tokens: number;
  readonly longest: number;
}

export function packTexts(texts: readonly (readonly number[])[]): PackedTexts {
  const tokens = texts.reduce((sum, { length }) => sum + length, 0);
  const longest = Math.max(...texts.map(({ length }) => length));
  const cells = texts.length * longest;
  const ids = new BigInt64Array(tokens);
  const positions = new BigInt64Array(tokens);
  const pad = new BigInt64Array(cells);
  const unpad = new BigInt64Array(tokens);
  const padMask = new Float32Array(cells);
  const keyMask = new Float32Array(cells).fill(-1e30);
  const pool = new Float32Array(texts.length * tokens);
  let token = 0;
  texts.forEach((text, t) => {
    text.forEach((id, i) => {
      const cell = t * longest + i;
      ids[token] = BigInt(id);
      positions[token] = BigInt(i);
      pad[cell] = BigInt(token);
      unpad[token] = BigInt(cell);
      padMask[cell] = 1;
      keyMask[cell] = 0;
      pool[t * tokens + token] = 1 / text.length;
      token++;
    });
  });
  return { ids, positions, pad, unpad, padMask, keyMask, pool, texts: texts.length, tokens, longest };
}

/** The feeds of bertForward for these texts. */
export function packedFeeds(packed: PackedTexts, config: BertConfig): Record<string, Tensor> {
  const { texts, tokens, longest } = packed;
  const cells = texts * longest;
  const split = [texts, longest, 3, config.heads, config.hidden / config.heads];
  return {
    ids: new Tensor('int64', packed.ids, [tokens]),
    positions: new Tensor('int64', packed.positions, [tokens]),
    pad: new Tensor('int64', packed.pad, [cells]),
    unpad: new Tensor('int64', packed.unpad, [tokens]),
    keyMask: new Tensor('float32', packed.keyMask, [texts, 1, 1, longest]),
    pool: new Tensor('float32', packed.pool, [texts, tokens]),
    split: new Tensor('int64', BigInt64Array.from(split, BigInt), [5]),
  };
}

/** A text that is read in windows: tokens of each, and how much each counts in the text's vector. */
export interface WindowedText {
  readonly windows: readonly (readonly number[])[];
  readonly shares: readonly number[];
}

/** Mean pooling over the windows of each text, weighted by their shares: [texts, tokens]. */
export function windowPool(texts: readonly WindowedText[]): Float32Array {
  const tokens = texts.reduce((sum, { windows }) => sum + windows.reduce((n, ids) => n + ids.length, 0), 0);
  const pool = new Float32Array(texts.length * tokens);
  let at = 0;
  texts.forEach(({ windows, shares }, t) => {
    const total = windows.reduce((sum, ids, w) => sum + ids.length * shares[w]!, 0);
    windows.forEach((ids, w) => {
      pool.fill(shares[w]! / total, t * tokens + at, t * tokens + at + ids.length);
      at += ids.length;
    });
  });
  return pool;
}
