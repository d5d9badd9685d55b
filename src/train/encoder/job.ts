/**
 * What the trainers that tune the embedded encoder share: a job of theirs is found again where it was done before, and else
 * done in a child process of low priority.
 * Does not: tune (each trainer's tune.ts), or serve the job in the child (child.ts).
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UnderstudyError } from '../../core/errors.ts';
import { contentHash } from '../../core/ids.ts';
import type { Trainer, TrainingJob } from '../../core/runtime.ts';
import type { Artefact, Candidate } from '../../core/specialist.ts';
import { artefactOf, finishedCard, writeCard } from '../card.ts';
import { runJob } from '../engine/process.ts';
import { type LocalOptions, localOptions } from '../local.ts';

/** A job as tune.ts takes it. */
export interface TuningJob<Recipe> extends Pick<TrainingJob, 'kind' | 'train' | 'seed'> {
  /** Hash of everything that the result depends on. */
  readonly hash: string;
  /** Catalogue name and folder of the encoder. */
  readonly encoder: string;
  readonly encoderDir: string;
  readonly recipe: Recipe;
  readonly threads: number;
}

/** How it went: what differs from run to run is not in the model's file. */
export interface TuningRun {
  /** Steps in all processes that took part, and everything else in the one that finished. */
  readonly trainedMs: number;
  readonly figures: Readonly<Record<string, number>>;
}

/** The same for the child process. */
export interface ChildJob<Recipe> extends TuningJob<Recipe> {
  readonly path: string;
  readonly checkpointPath: string;
  readonly checkpointMs: number;
}

export interface EncoderOptions extends LocalOptions {
  /** Catalogue name of the encoder. */
  readonly name: string;
  /** Its folder; null where its weights are not on this machine. */
  readonly path: string | null;
}

/**
 * The encoder's folder, for a candidate of this rung.
 * @throws UnderstudyError 'unsupported' for a candidate of another rung or base, 'unavailable' without weights.
 */
function encoderFolder({ rung, base }: Candidate, wanted: string, { name, path }: EncoderOptions): string {
  if (rung !== wanted || base !== name)
    throw new UnderstudyError(
      'unsupported',
      `This trainer tunes ${name}, not the rung ${rung} on ${base ?? 'nothing'}.`,
      { hint: `Give it a candidate of the rung ${wanted} on the encoder that is here.` },
    );
  if (path === null)
    throw new UnderstudyError('unavailable', `The weights of ${name} are missing.`, {
      hint: 'Run `understudy doctor` to see how to get them.',
    });
  return path;
}

/** Hash of the job that gives the model. @param version Changes when the same job would give another model. */
function tuningHash(
  version: number,
  job: Pick<TrainingJob, 'kind' | 'train' | 'seed'> & { readonly recipe: object; readonly encoder: string },
): string {
  const examples = job.train.map(({ input, answer, weight }) => [input, answer, weight]);
  return contentHash(JSON.stringify([version, job.encoder, job.kind, job.recipe, job.seed, examples]));
}

/** What sets one of the trainers apart. */
export interface Tuner<Recipe> {
  readonly rung: string;
  /** Changes when the same job would give another model. */
  readonly version: number;
  /** Of the model's file. */
  readonly ending: string;
  /** What comes first, for the progress. */
  readonly begins: string;
  /** Of the child's program, without its ending. */
  readonly program: URL;
  readonly recipeOf: (candidate: Candidate) => Recipe;
  /** What of the artefact is a caller's words; the child finds the same. @throws UnderstudyError where the job is not for it. */
  readonly answersOf: (job: TrainingJob) => NonNullable<Artefact['answers']>;
}

/**
 * @throws (by the promise) UnderstudyError 'unsupported', 'unavailable' as encoderFolder; 'bad-input' without examples; as
 *   `answersOf`, `recipeOf` and runJob.
 */
export function trainInChild<Recipe extends Readonly<Record<string, unknown>>>(
  tuner: Tuner<Recipe>,
  options: EncoderOptions,
): Trainer['train'] {
  return async (job, on, signal) => {
    const { candidate, kind, train, seed, dir } = job;
    const encoderDir = encoderFolder(candidate, tuner.rung, options);
    const recipe = tuner.recipeOf(candidate);
    if (train.length === 0)
      throw new UnderstudyError('bad-input', 'There is no example to train on.', {
        hint: 'Capture more calls of this task first.',
      });
    const answers = tuner.answersOf(job);
    const work = { kind, train, seed, recipe, encoder: options.name };
    const hash = tuningHash(tuner.version, work);
    // Another job, of another seed say, must not replace a model that has been proved.
    const path = join(dir, `${tuner.rung}-${hash.slice(0, 16)}.${tuner.ending}`);
    const done = finishedCard(hash, path);
    if (done) return { ...artefactOf(done, candidate, path), answers };
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const subject = candidate.taskId;
    on?.({ step: 'train', subject, done: 0, total: 0, note: tuner.begins });
    const child: ChildJob<Recipe> = {
      ...work,
      hash,
      path,
      encoderDir,
      ...localOptions(options),
      checkpointPath: join(dir, 'checkpoint'),
    };
    const { program } = tuner;
    const run = await runJob<ChildJob<Recipe>, TuningRun>(child, { program, subject, on, signal });
    const about = { job: hash, trainer: tuner.rung, base: options.name, recipe, seed };
    return { ...artefactOf(writeCard(path, { ...about, ...run }), candidate, path), answers };
  };
}
