/**
 * Runs linear models in this process, of the cheap rungs and of the tuned encoder: the encoder's vector where the model
 * needs one, then arithmetic.
 * Does not: load the encoder (runtime/encoder), or know the models' inside (models/classifier/linear).
 */
import { UnderstudyError } from '../core/errors.ts';
import type { Encoder, Runtime } from '../core/runtime.ts';
import type { Artefact } from '../core/specialist.ts';
import {
  answerLinear,
  encoderText,
  type LinearModel,
  linearAnswers,
  loadLinear,
} from '../models/classifier/linear.ts';
import { cachedEncoder } from '../models/encoder/cached-encoder.ts';

export const LINEAR_RUNGS = ['lexical', 'knn', 'head', 'encoder'] as const;

/** @param options.encoder null: only artefacts of the lexical rung can be run. Not closed with the runtime. */
export function linearRuntime(options: { readonly encoder: Encoder | null }): Runtime {
  const { encoder } = options;
  // Only calls that are known already, given with a draft, are met again: by one rung after the other. For the others
  // a memory would make the time that is measured shorter than the one a caller meets.
  const memory = encoder ? cachedEncoder(encoder) : null;
  const models = new Map<string, Promise<LinearModel>>();
  const modelOf = ({ path, sha256, answers }: Artefact): Promise<LinearModel> => {
    const known = models.get(sha256);
    if (known) return known;
    const loading = loadLinear(path, linearAnswers(answers));
    models.set(sha256, loading);
    // A failure is not kept: the file may come back.
    loading.catch(() => models.delete(sha256));
    return loading;
  };
  return {
    rungs: LINEAR_RUNGS.filter(
      (rung) =>
        rung === 'lexical' || (encoder !== null && (rung !== 'encoder' || encoder.tunedBy !== undefined)),
    ),
    predict: async (artefact, input, { signal, draft } = {}) => {
      const start = performance.now();
      const model = await modelOf(artefact);
      let vector: Float32Array | null = null;
      if (model.encoder !== null) {
        if (encoder?.name !== model.encoder || (model.tuning !== null && !encoder.tunedBy))
          throw new UnderstudyError('unavailable', `This specialist needs the encoder ${model.encoder}.`, {
            hint: 'Run `understudy doctor` to see how to get its weights.',
          });
        // A tuned encoder is one specialist's own: no other rung meets its vectors.
        const tuned = model.tuning === null ? null : encoder.tunedBy?.(artefact);
        const embedder = tuned ?? (draft === undefined || memory === null ? encoder : memory);
        vector = (await embedder.embed([encoderText(input)], signal))[0] ?? null;
      }
      if (signal?.aborted)
        throw new UnderstudyError('cancelled', 'The prediction was cancelled.', { hint: 'Nothing to do.' });
      return { ...answerLinear(model, input, vector), ms: performance.now() - start };
    },
    close: async () => models.clear(),
  };
}
