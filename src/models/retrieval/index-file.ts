/**
 * The file of a retrieval model: numbers alone. Inputs stand in it as vectors and as hashes whose key is with the artefact's
 * answers, sealed in the store; answers as places in a list that is there, too.
 * Does not: answer (stored-answers.ts).
 */
import { readFile, writeFile } from 'node:fs/promises';
import { messageOf, UnderstudyError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import type { Artefact } from '../../core/specialist.ts';
import type { CopyPlan } from '../classifier/answer-template.ts';
import { decodeArrays, encodeArrays } from '../formats/arrays.ts';
import type { Postings } from './lexical.ts';
import type { RetrievalModel, StoredTexts } from './stored-answers.ts';

const MAGIC = 'understudy-retrieval 1\n';

type Arrays = Readonly<Record<string, Float32Array | Uint32Array>>;
type Header = Pick<RetrievalModel, 'kind' | 'encoder' | 'job' | 'figures'> & { readonly dimensions: number };

const postingArrays = (name: string, { terms, from, places, counts }: Postings): Arrays => ({
  [`${name}-terms`]: terms,
  [`${name}-from`]: from,
  [`${name}-places`]: places,
  [`${name}-counts`]: counts,
});

function encode({ index, answers, weights, slotWeights, ...about }: RetrievalModel): Uint8Array {
  const header: Header = { ...about, dimensions: index.dense?.dimensions ?? 0 };
  return encodeArrays(MAGIC, header, {
    answers,
    weights,
    slotWeights,
    lengths: index.lengths,
    ...postingArrays('words', index.words),
    ...postingArrays('fields', index.fields),
    ...(index.dense ? { vectors: index.dense.vectors, owners: index.dense.owners } : {}),
  });
}

function decode(bytes: Uint8Array): RetrievalModel {
  const { header, floats, ints, has } = decodeArrays<Header>(bytes, MAGIC, 'a retrieval model');
  const { kind, encoder, job, figures, dimensions } = header;
  const postings = (name: string): Postings => ({
    terms: ints(`${name}-terms`),
    from: ints(`${name}-from`),
    places: ints(`${name}-places`),
    counts: ints(`${name}-counts`),
  });
  return {
    kind,
    encoder,
    job,
    figures,
    answers: ints('answers'),
    weights: floats('weights'),
    slotWeights: floats('slotWeights'),
    index: {
      lengths: ints('lengths'),
      words: postings('words'),
      fields: postings('fields'),
      dense: has('vectors') ? { dimensions, vectors: floats('vectors'), owners: ints('owners') } : null,
    },
  };
}

/** Writes the model's file; returns its bytes, for hashing. */
export async function saveRetrieval(path: string, model: RetrievalModel): Promise<Uint8Array> {
  const bytes = encode(model);
  await writeFile(path, bytes, { mode: 0o600 });
  return bytes;
}

/** @throws UnderstudyError 'not-found' or 'corrupt'. */
export async function loadRetrieval(path: string): Promise<RetrievalModel> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new UnderstudyError('not-found', `The index ${path} cannot be read: ${messageOf(cause)}`, {
      hint: 'Train the specialist again with `understudy learn`.',
      cause,
    });
  }
  return decode(bytes);
}

/** Texts as an artefact keeps them. */
export const toAnswers = ({ templates, plan, key }: StoredTexts): NonNullable<Artefact['answers']> => ({
  classes: templates,
  plan: { copied: plan as unknown as Json, key },
});

/** The inverse of toAnswers. @throws UnderstudyError 'corrupt' where the artefact keeps none. */
export function fromAnswers(answers: Artefact['answers']): StoredTexts {
  const { copied, key } = (answers?.plan ?? {}) as { readonly copied?: unknown; readonly key?: unknown };
  if (answers && typeof key === 'string')
    return { templates: answers.classes, plan: copied as CopyPlan, key };
  throw new UnderstudyError('corrupt', 'The specialist keeps no stored answers.', {
    hint: 'Train it again with `understudy learn`.',
  });
}
