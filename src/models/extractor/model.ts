/**
 * The model of the rung `extractor`, how it is kept in a file, and how it reads an input: a tuned encoder, a head for
 * options on the input's vector, a head for tags on each unit's first token, each of them a few times.
 * Does not: train it (train/extractor), or compose answers (compose.ts). Its file holds numbers alone.
 */
import { writeFile } from 'node:fs/promises';
import type { UnitReading } from '../../core/runtime.ts';
import type { Bert } from '../encoder/bert.ts';
import type { Tuning } from '../encoder/bert-tuning.ts';
import { encodeArrays, readArrays } from '../formats/arrays.ts';
import { tokeniser } from '../token-classifier/pieces.ts';
import { unitsOf } from './units.ts';
import { windowsOfUnits } from './windows.ts';

/** Logits = x Wᵀ + b. */
export interface Head {
  /** [classes, hidden] */
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/** One of the models that are asked together. */
export interface ExtractorMember {
  readonly tuning: Tuning;
  readonly options: Head;
  readonly tags: Head;
}

export interface ExtractorModel {
  /** Sizes of the groups of options (groups.ts). */
  readonly groups: readonly number[];
  /** Trained from different starts: what they say is averaged. */
  readonly members: readonly ExtractorMember[];
  /** The first member's vectors of examples, one after another: how familiar an input is. */
  readonly vectors: Float32Array;
}

/** 2: what is not copied is as sure as the choice (compose.ts), so that confidences fitted before mean something else. */
const MAGIC = 'understudy-extractor 2\n';

interface Header {
  readonly groups: readonly number[];
  /** Rank of each member's LoRA matrices. */
  readonly ranks: readonly number[];
}

export async function saveExtractor(
  path: string,
  { groups, members, vectors }: ExtractorModel,
): Promise<void> {
  const arrays = members.flatMap(({ tuning, options, tags }, i): [string, Float32Array][] => [
    [`tuning.${i}`, tuning.parameters],
    [`options.${i}.weight`, options.weight],
    [`options.${i}.bias`, options.bias],
    [`tags.${i}.weight`, tags.weight],
    [`tags.${i}.bias`, tags.bias],
  ]);
  const header: Header = { groups, ranks: members.map(({ tuning }) => tuning.rank) };
  const bytes = encodeArrays(MAGIC, header, { ...Object.fromEntries(arrays), vectors });
  await writeFile(path, bytes, { mode: 0o600 });
}

/** @throws UnderstudyError 'not-found', 'corrupt'. */
export async function loadExtractor(path: string): Promise<ExtractorModel> {
  const { header, floats } = await readArrays<Header>(path, MAGIC, 'an extractor');
  const headOf = (name: string): Head => ({ weight: floats(`${name}.weight`), bias: floats(`${name}.bias`) });
  return {
    groups: header.groups,
    members: header.ranks.map((rank, i) => ({
      tuning: { rank, parameters: floats(`tuning.${i}`) },
      options: headOf(`options.${i}`),
      tags: headOf(`tags.${i}`),
    })),
    vectors: floats('vectors'),
  };
}

/** What the model says of an input: the normalised geometric mean of what its members say. @throws as Bert.tuned. */
export async function readUnits(bert: Bert, model: ExtractorModel, input: string): Promise<UnitReading> {
  const { groups, members, vectors } = model;
  const read = windowsOfUnits(unitsOf(input), tokeniser(bert.vocabulary), bert.maxTokens);
  const tuned = await bert.tuned();
  const options = new Float32Array(groups.reduce((sum, size) => sum + size, 0));
  const count = Math.max(1, members[0]?.tags.bias.length ?? 1);
  const tags = new Float32Array(read.tokenOf.length * count);
  let familiarity = 0;
  for (const [i, member] of members.entries()) {
    const { vector, states } = await tuned.read(read, member.tuning);
    if (i === 0) familiarity = familiarityOf(vector, vectors);
    addLogits(member.options, vector, 0, options, 0, members.length);
    read.tokenOf.forEach((token, unit) => {
      if (token >= 0)
        addLogits(member.tags, states, token * bert.dimensions, tags, unit * count, members.length);
    });
  }
  let at = 0;
  for (const size of groups) {
    softmax(options.subarray(at, at + size));
    at += size;
  }
  read.tokenOf.forEach((token, unit) => {
    // What is not read is no value.
    if (token < 0 || count === 1) tags[unit * count] = 1;
    else softmax(tags.subarray(unit * count, (unit + 1) * count));
  });
  return { options, tags, familiarity };
}

/** Adds the logits of x[at…], divided by `divisor`, to out[to…]. */
function addLogits(
  { weight, bias }: Head,
  x: Float32Array,
  at: number,
  out: Float32Array,
  to: number,
  divisor: number,
): void {
  const hidden = bias.length === 0 ? 0 : weight.length / bias.length;
  for (let c = 0; c < bias.length; c++) {
    let sum = bias[c]!;
    for (let h = 0; h < hidden; h++) sum += weight[c * hidden + h]! * x[at + h]!;
    out[to + c]! += sum / divisor;
  }
}

/** In place. */
function softmax(logits: Float32Array): void {
  const top = Math.max(...logits);
  let sum = 0;
  for (let c = 0; c < logits.length; c++) sum += logits[c] = Math.exp(logits[c]! - top);
  for (let c = 0; c < logits.length; c++) logits[c]! /= sum;
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
