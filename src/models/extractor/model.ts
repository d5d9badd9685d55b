/**
 * The model of the rung `extractor`, how it is kept in a file, and how it reads an input: the tuned encoder, a head for
 * options on the input's vector, a head for tags on each unit's first token.
 * Does not: train it (train/extractor), or compose answers (compose.ts). Its file holds numbers alone.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { messageOf, UnderstudyError } from '../../core/errors.ts';
import type { UnitReading } from '../../core/runtime.ts';
import type { Bert } from '../encoder/bert.ts';
import type { Tuning } from '../encoder/bert-lora.ts';
import { decodeArrays, encodeArrays } from '../formats/arrays.ts';
import { tokeniser } from '../token-classifier/pieces.ts';
import { unitsOf } from './units.ts';
import { windowsOfUnits } from './windows.ts';

/** Logits = x Wᵀ + b. */
export interface Head {
  /** [classes, hidden] */
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

export interface ExtractorModel {
  readonly tuning: Tuning;
  /** Sizes of the groups of options (groups.ts). */
  readonly groups: readonly number[];
  readonly options: Head;
  readonly tags: Head;
  /** Vectors of examples, one after another: how familiar an input is. */
  readonly vectors: Float32Array;
}

const MAGIC = 'understudy-extractor 1\n';

interface Header {
  readonly rank: number;
  readonly groups: readonly number[];
}

export async function saveExtractor(path: string, model: ExtractorModel): Promise<void> {
  const { tuning, groups, options, tags, vectors } = model;
  const bytes = encodeArrays(
    MAGIC,
    { rank: tuning.rank, groups },
    {
      tuning: tuning.parameters,
      optionWeight: options.weight,
      optionBias: options.bias,
      tagWeight: tags.weight,
      tagBias: tags.bias,
      vectors,
    },
  );
  await writeFile(path, bytes, { mode: 0o600 });
}

/** @throws UnderstudyError 'not-found', 'corrupt'. */
export async function loadExtractor(path: string): Promise<ExtractorModel> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new UnderstudyError('not-found', `The model file ${path} cannot be read: ${messageOf(cause)}`, {
      hint: 'Train the specialist again with `understudy learn`.',
      status: 404,
      cause,
    });
  }
  const { header, floats } = decodeArrays<Header>(bytes, MAGIC, 'an extractor');
  return {
    tuning: { rank: header.rank, parameters: floats('tuning') },
    groups: header.groups,
    options: { weight: floats('optionWeight'), bias: floats('optionBias') },
    tags: { weight: floats('tagWeight'), bias: floats('tagBias') },
    vectors: floats('vectors'),
  };
}

/** What the model says of an input. @throws as Bert.tuned. */
export async function readUnits(bert: Bert, model: ExtractorModel, input: string): Promise<UnitReading> {
  const { windows, shares, tokenOf } = windowsOfUnits(
    unitsOf(input),
    tokeniser(bert.vocabulary),
    bert.maxTokens,
  );
  const { vector, states } = await (await bert.tuned()).read({ windows, shares }, model.tuning);
  const options = logitsOf(model.options, vector, 0);
  let at = 0;
  for (const size of model.groups) {
    softmax(options.subarray(at, at + size));
    at += size;
  }
  const count = Math.max(1, model.tags.bias.length);
  const tags = new Float32Array(tokenOf.length * count);
  tokenOf.forEach((token, unit) => {
    // What is not read is no value.
    if (token < 0 || count === 1) tags[unit * count] = 1;
    else tags.set(softmax(logitsOf(model.tags, states, token * bert.dimensions)), unit * count);
  });
  return { options, tags, familiarity: familiarityOf(vector, model.vectors) };
}

function logitsOf({ weight, bias }: Head, x: Float32Array, at: number): Float32Array {
  const hidden = bias.length === 0 ? 0 : weight.length / bias.length;
  return bias.map((start, c) => {
    let sum = start;
    for (let h = 0; h < hidden; h++) sum += weight[c * hidden + h]! * x[at + h]!;
    return sum;
  });
}

/** In place. */
function softmax(logits: Float32Array): Float32Array {
  const top = Math.max(...logits);
  let sum = 0;
  for (let c = 0; c < logits.length; c++) sum += logits[c] = Math.exp(logits[c]! - top);
  for (let c = 0; c < logits.length; c++) logits[c]! /= sum;
  return logits;
}

/** Cosine of the nearest of the vectors, all of unit length; 0 at least. */
function familiarityOf(vector: Float32Array, vectors: Float32Array): number {
  let best = 0;
  for (let at = 0; at < vectors.length; at += vector.length) {
    let dot = 0;
    for (let h = 0; h < vector.length; h++) dot += vector[h]! * vectors[at + h]!;
    if (dot > best) best = dot;
  }
  return Math.min(1, best);
}
