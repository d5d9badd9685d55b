/** What the trainers that tune the embedded encoder share: which encoder it is, whether it is here, and the hash of a job. */
import { UnderstudyError } from '../../core/errors.ts';
import { contentHash } from '../../core/ids.ts';
import type { TrainingJob } from '../../core/runtime.ts';
import type { Candidate } from '../../core/specialist.ts';
import type { LocalOptions } from '../local.ts';

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
export function encoderFolder(
  { rung, base }: Candidate,
  wanted: string,
  { name, path }: EncoderOptions,
): string {
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
export function tuningHash(
  version: number,
  job: Pick<TrainingJob, 'kind' | 'train' | 'seed'> & { readonly recipe: object; readonly encoder: string },
): string {
  const examples = job.train.map(({ input, answer, weight }) => [input, answer, weight]);
  return contentHash(JSON.stringify([version, job.encoder, job.kind, job.recipe, job.seed, examples]));
}
