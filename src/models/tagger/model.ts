/**
 * The model of the rung `tagger`: what the extractor's tuned encoder says of an input, said by linear models on words
 * instead: seconds to train, under a millisecond to answer. How it is kept in a file, and how it reads an input.
 * Does not: fit the weights (train/tagger), or compose answers (models/extractor/compose). Its file holds numbers alone.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { messageOf, UnderstudyError } from '../../core/errors.ts';
import type { UnitReading } from '../../core/runtime.ts';
import type { Sparse } from '../classifier/lexical.ts';
import { addLogits, type LinearWeights, softmax } from '../classifier/linear.ts';
import type { Units } from '../extractor/units.ts';
import { decodeArrays, encodeArrays } from '../formats/arrays.ts';
import { type Features, inputFeatures, unitFeatures } from './features.ts';

/** Features that are known, and a class for each of a few things. */
export interface TaggerHead {
  /** By hash, the row of its weights. */
  readonly rows: ReadonlyMap<number, number>;
  readonly linear: LinearWeights;
}

export interface TaggerModel {
  /** One head for each group of options (models/extractor/groups). */
  readonly options: readonly TaggerHead[];
  /** Null where nothing is copied. */
  readonly tags: TaggerHead | null;
}

/** The known ones of the features, as a vector of unit length; and their share. */
export function sparseOf(rows: TaggerHead['rows'], features: Features): { vector: Sparse; known: number } {
  const places: number[] = [];
  for (const hash of features) {
    const row = rows.get(hash);
    if (row !== undefined) places.push(row);
  }
  const values = new Float32Array(places.length).fill(1 / Math.sqrt(Math.max(1, places.length)));
  return {
    vector: { places: Uint32Array.from(places), values },
    known: features.length === 0 ? 0 : places.length / features.length,
  };
}

/** What the model says of an input. Familiarity: the share of the features of the whole input that are known. */
export function readTagger({ options, tags }: TaggerModel, units: Units): UnitReading {
  const features = inputFeatures(units);
  const said = options.map((head) => {
    const { vector, known } = sparseOf(head.rows, features);
    return { probabilities: probabilitiesOf(head.linear, vector), known };
  });
  const count = Math.max(1, tags?.linear.bias.length ?? 1);
  const tagged = new Float32Array(units.starts.length * count);
  if (tags === null) tagged.fill(1);
  else
    unitFeatures(units).forEach((each, unit) =>
      tagged.set(probabilitiesOf(tags.linear, sparseOf(tags.rows, each).vector), unit * count),
    );
  return {
    options: Float32Array.from(said.flatMap(({ probabilities }) => [...probabilities])),
    tags: tagged,
    familiarity: said[0]?.known ?? 1,
  };
}

function probabilitiesOf(linear: LinearWeights, vector: Sparse): Float64Array {
  const logits = new Float64Array(linear.bias.length);
  addLogits(linear, vector, null, 0, logits);
  softmax(logits);
  return logits;
}

const MAGIC = 'understudy-tagger 1\n';

interface Header {
  readonly options: number;
  readonly tags: boolean;
}

export async function saveTagger(path: string, { options, tags }: TaggerModel): Promise<void> {
  const arraysOf = (name: string, { rows, linear }: TaggerHead): [string, Float32Array | Uint32Array][] => [
    [`${name}.hashes`, Uint32Array.from(rows.keys())],
    [`${name}.weights`, linear.weights],
    [`${name}.bias`, linear.bias],
  ];
  const arrays = [
    ...options.flatMap((head, i) => arraysOf(`options.${i}`, head)),
    ...(tags === null ? [] : arraysOf('tags', tags)),
  ];
  const header: Header = { options: options.length, tags: tags !== null };
  await writeFile(path, encodeArrays(MAGIC, header, Object.fromEntries(arrays)), { mode: 0o600 });
}

/** @throws UnderstudyError 'not-found', 'corrupt'. */
export async function loadTagger(path: string): Promise<TaggerModel> {
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
  const { header, floats, ints } = decodeArrays<Header>(bytes, MAGIC, 'a tagger');
  const headOf = (name: string): TaggerHead => ({
    rows: new Map(Array.from(ints(`${name}.hashes`), (hash, row) => [hash, row])),
    linear: { weights: floats(`${name}.weights`), bias: floats(`${name}.bias`) },
  });
  return {
    options: Array.from({ length: header.options }, (_, i) => headOf(`options.${i}`)),
    tags: header.tags ? headOf('tags') : null,
  };
}
