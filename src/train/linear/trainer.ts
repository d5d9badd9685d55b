/**
 * The trainer of the cheap rungs: lexical (words only), knn (nearest neighbours of the encoder's vectors), head (linear
 * on the encoder's vectors and words). Seconds to train, milliseconds to answer.
 * Does not: run them (runtime/linear), or decide which rung is worth it (select).
 */
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Example } from '../../core/dataset.ts';
import { UnderstudyError } from '../../core/errors.ts';
import { contentHash } from '../../core/ids.ts';
import { type OnProgress, progressOf } from '../../core/progress.ts';
import type { Encoder, Trainer, TrainingJob } from '../../core/runtime.ts';
import type { Artefact } from '../../core/specialist.ts';
import { buildVocabulary, lexicalVector } from '../../models/classifier/lexical.ts';
import { encoderText, type LinearModel, loadLinear, saveLinear } from '../../models/classifier/linear.ts';
import { cachedEncoder } from '../../models/encoder/cached-encoder.ts';
import { artefactOf, epochsFor, indexOf, lossWeights, RATES, storedOf, toClasses } from './classes.ts';
import { fitLinear } from './fit.ts';
import { fitSlotRanker } from './fit-slots.ts';
import { proposeLinear } from './plan.ts';

/** More stored vectors make an answer slower and hardly better. */
const MAX_STORED = 20_000;
/** Texts embedded between two looks at the signal. */
const BATCH = 64;

/** @param options.encoder null: only the lexical rung can be trained. */
export function linearTrainer(options: { readonly encoder: Encoder | null }): Trainer {
  return {
    name: 'linear',
    propose: (_, dataset, limits) => proposeLinear(dataset, limits, options.encoder?.name ?? null),
    train: (job, on, signal) =>
      train(options.encoder ? cachedEncoder(options.encoder) : null, job, on, signal),
  };
}

async function train(
  encoder: Encoder | null,
  job: TrainingJob,
  on?: OnProgress,
  signal?: AbortSignal,
): Promise<Artefact> {
  const { rung } = job.candidate;
  if (rung !== 'lexical' && rung !== 'knn' && rung !== 'head')
    throw new UnderstudyError('unsupported', `The linear trainer cannot train the rung ${rung}.`, {
      hint: 'It trains lexical, knn and head.',
    });
  const jobHash = hashOf(job, encoder);
  // Another job, of another seed say, must not replace a model that has been proved.
  const path = join(job.dir, `${rung}-${jobHash.slice(0, 16)}.understudy-linear`);
  const start = performance.now();
  const data = toClasses(job);
  const left = await loadLinear(path, data).catch(() => null);
  if (left?.job === jobHash) return artefactOf(left, path);

  const wantsVectors = rung !== 'lexical';
  if (wantsVectors && !encoder)
    throw new UnderstudyError('unavailable', `The ${rung} rung needs the encoder's weights.`, {
      hint: 'Run `understudy doctor` to see how to get them.',
    });
  const report = progressOf(on, 'train', 100, rung);
  const vectors =
    wantsVectors && encoder ? await embedAll(encoder, job.train, signal, (d) => report(70 * d)) : null;
  const vocabulary = rung === 'knn' ? null : buildVocabulary(job.train.map(({ input }) => input));
  const epochs = epochsFor(job.train.length);
  let linear: LinearModel['linear'] = null;
  if (vocabulary && rung !== 'knn')
    linear = await fitLinear(
      {
        sparse: job.train.map(({ input }) => lexicalVector(vocabulary, input).vector),
        dense: vectors,
        labels: data.labels,
        weights: lossWeights(job.train),
        classes: data.classes.length,
        lexicalRows: vocabulary.hashes.length,
      },
      {
        epochs,
        ...RATES[rung],
        seed: job.seed,
        signal,
        onEpoch: (done) => report(70 + (30 * done) / epochs),
      },
    );
  const stored = storedOf(job.train.length, MAX_STORED, job.seed);
  const index = vectors
    ? indexOf(
        stored.map((i) => vectors[i]!),
        stored.map((i) => data.labels[i]!),
      )
    : null;
  const model: LinearModel = {
    rung,
    kind: job.kind,
    encoder: wantsVectors ? (encoder?.name ?? null) : null,
    job: jobHash,
    tuning: null,
    plan: data.plan,
    classes: data.classes,
    vocabulary,
    linear,
    index,
    slotWeights: fitSlotRanker(job.kind, data.plan, job.train, job.seed),
    figures: {
      examples: job.train.length,
      classes: data.classes.length,
      features: (vocabulary?.hashes.length ?? 0) + (vectors?.[0]?.length ?? 0),
      trainedMs: Math.round(performance.now() - start),
    },
  };
  await mkdir(job.dir, { recursive: true, mode: 0o700 });
  // Under its own name only when whole: a killed run leaves nothing that looks finished.
  await saveLinear(`${path}.part`, model);
  await rename(`${path}.part`, path);
  report(100);
  return artefactOf(model, path);
}

async function embedAll(
  encoder: Encoder,
  examples: readonly Example[],
  signal: AbortSignal | undefined,
  onShare: (share: number) => void,
): Promise<Float32Array[]> {
  const out: Float32Array[] = new Array<Float32Array>(examples.length);
  // Like lengths together: less padding in each batch.
  const order = [...examples.keys()].sort((a, b) => examples[a]!.input.length - examples[b]!.input.length);
  for (let at = 0; at < order.length; at += BATCH) {
    const batch = order.slice(at, at + BATCH);
    const vectors = await encoder.embed(
      batch.map((i) => encoderText(examples[i]!.input)),
      signal,
    );
    batch.forEach((i, k) => {
      out[i] = vectors[k]!;
    });
    onShare(Math.min(1, (at + BATCH) / order.length));
  }
  return out;
}

/** The same job gives the same hash: what is left of it can be taken over. */
function hashOf(job: TrainingJob, encoder: Encoder | null): string {
  const { candidate, kind, seed } = job;
  const examples = job.train.map(({ input, answer, weight }) => [input, answer, weight]);
  return contentHash(JSON.stringify([candidate.rung, candidate.recipe, encoder?.name, kind, seed, examples]));
}
