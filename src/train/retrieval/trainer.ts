/**
 * The trainer of the retrieval rung: an index of training calls, with their answers. Nothing is fitted but how copied values
 * are told from others (train/linear/fit-slots).
 * Does not: search (models/retrieval), or run what it makes (runtime/retrieval).
 */
import { mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Example } from '../../core/dataset.ts';
import { UnderstudyError } from '../../core/errors.ts';
import { contentHash } from '../../core/ids.ts';
import { type OnProgress, progressOf } from '../../core/progress.ts';
import type { Encoder, Trainer, TrainingJob } from '../../core/runtime.ts';
import type { Artefact } from '../../core/specialist.ts';
import { learnCopying, toTemplate } from '../../models/classifier/answer-template.ts';
import { cachedEncoder } from '../../models/encoder/cached-encoder.ts';
import { embedInputs } from '../../models/retrieval/embed-inputs.ts';
import { loadRetrieval, saveRetrieval, toAnswers } from '../../models/retrieval/index-file.ts';
import { indexInputs } from '../../models/retrieval/input-index.ts';
import type { RetrievalModel, StoredTexts } from '../../models/retrieval/stored-answers.ts';
import { fitSlotRanker } from '../linear/fit-slots.ts';
import { proposeRetrieval } from './plan.ts';

/** The latest calls are stored, up to these many, and these many characters of their answers. */
const [MAX_STORED, MAX_ANSWER_CHARACTERS] = [20_000, 8_000_000];

/** @param options.encoder null: words alone are compared. */
export function retrievalTrainer(options: { readonly encoder: Encoder | null }): Trainer {
  const encoder = options.encoder && cachedEncoder(options.encoder);
  return {
    name: 'retrieval',
    propose: (_, dataset, limits) => proposeRetrieval(dataset, limits, encoder?.name ?? null),
    train: (job, on, signal) => train(encoder, job, on, signal),
  };
}

async function train(
  encoder: Encoder | null,
  job: TrainingJob,
  on?: OnProgress,
  signal?: AbortSignal,
): Promise<Artefact> {
  const { rung, base } = job.candidate;
  if (rung !== 'retrieval')
    throw new UnderstudyError('unsupported', `The retrieval trainer cannot train the rung ${rung}.`, {
      hint: 'It trains retrieval.',
    });
  if (base !== null && base !== encoder?.name)
    throw new UnderstudyError('unavailable', `The retrieval rung needs the weights of ${base}.`, {
      hint: 'Run `understudy doctor` to see how to get them.',
    });
  const stored = storedOf(job.train);
  if (stored.length === 0)
    throw new UnderstudyError('bad-input', 'There is no example to store.', {
      hint: 'Capture more calls of this task first.',
    });
  const hash = hashOf(job, stored);
  // Another job, of another kind say, must not replace an index that has been proved.
  const path = join(job.dir, `retrieval-${hash.slice(0, 16)}.understudy-retrieval`);
  const start = performance.now();
  const plan = learnCopying(job.kind, stored);
  const perExample = stored.map(({ input, answer }) => toTemplate(job.kind, plan, input, answer));
  const templates = [...new Set(perExample)].sort();
  // Whoever has the calls needs no key; nobody else can make it.
  const texts: StoredTexts = { templates, plan, key: contentHash(`key of the index ${keyOf(job, stored)}`) };
  const left = await loadRetrieval(path).catch(() => null);
  if (left?.job === hash) return artefactOf(left, texts, path);

  const inputs = stored.map(({ input }) => input);
  const report = progressOf(on, 'train', 100, rung);
  const dense =
    base === null || encoder === null
      ? null
      : await embedInputs(encoder, inputs, { signal, on: (share) => report(Math.round(95 * share)) });
  const places = new Map(templates.map((template, place) => [template, place]));
  const index = indexInputs(inputs, texts.key, dense);
  const model: RetrievalModel = {
    kind: job.kind,
    encoder: base,
    index,
    job: hash,
    answers: Uint32Array.from(perExample, (template) => places.get(template)!),
    weights: Float32Array.from(stored, ({ weight }) => weight),
    slotWeights: fitSlotRanker(job.kind, plan, stored, job.seed),
    figures: {
      examples: job.train.length,
      stored: stored.length,
      answers: templates.length,
      words: index.words.terms.length,
      vectors: dense?.owners.length ?? 0,
      trainedMs: Math.round(performance.now() - start),
    },
  };
  await mkdir(job.dir, { recursive: true, mode: 0o700 });
  // Under its own name only when whole: a killed run leaves nothing that looks finished.
  await saveRetrieval(`${path}.part`, model);
  await rename(`${path}.part`, path);
  report(100);
  return artefactOf(model, texts, path);
}

/** The examples that are stored, in their order. */
function storedOf(train: readonly Example[]): readonly Example[] {
  const latest = [...train.keys()].sort((a, b) => train[b]!.at - train[a]!.at || b - a).slice(0, MAX_STORED);
  let characters = 0;
  const kept = latest.filter((i) => {
    characters += train[i]!.answer.length;
    return characters <= MAX_ANSWER_CHARACTERS;
  });
  return kept.sort((a, b) => a - b).map((i) => train[i]!);
}

async function artefactOf(
  { encoder, figures }: RetrievalModel,
  texts: StoredTexts,
  path: string,
): Promise<Artefact> {
  const { trainedMs = 0, ...rest } = figures;
  const sha256 = contentHash(await readFile(path));
  return {
    rung: 'retrieval',
    base: encoder,
    path,
    sha256,
    trainedMs,
    figures: rest,
    answers: toAnswers(texts),
  };
}

const keyOf = ({ kind, seed }: TrainingJob, stored: readonly Example[]): string =>
  JSON.stringify([kind, seed, stored.map(({ input, answer, weight }) => [input, answer, weight])]);

/** The same job gives the same hash: what is left of it can be taken over. */
function hashOf(job: TrainingJob, stored: readonly Example[]): string {
  const { rung, base, recipe } = job.candidate;
  return contentHash(JSON.stringify([rung, base, recipe, keyOf(job, stored)]));
}
