/**
 * Runs retrieval in this process: the encoder's vector where the index has vectors, then a search.
 * Does not: load the encoder (runtime/encoder), or know the index's inside (models/retrieval).
 */
import { UnderstudyError } from '../core/errors.ts';
import type { Encoder, Runtime } from '../core/runtime.ts';
import type { Artefact } from '../core/specialist.ts';
import { encoderText } from '../models/classifier/linear.ts';
import { cachedEncoder } from '../models/encoder/cached-encoder.ts';
import { fromAnswers, loadRetrieval } from '../models/retrieval/index-file.ts';
import { type Answerer, openAnswerer } from '../models/retrieval/stored-answers.ts';

export const RETRIEVAL_RUNGS = ['retrieval'] as const;

interface Opened extends Answerer {
  readonly encoder: string | null;
}

/** @param options.encoder null: only indexes of words alone can be run. Not closed with the runtime. */
export function retrievalRuntime(options: { readonly encoder: Encoder | null }): Runtime {
  const { encoder } = options;
  const memory = encoder ? cachedEncoder(encoder) : null;
  const models = new Map<string, Promise<Opened>>();
  const modelOf = ({ path, sha256, answers }: Artefact): Promise<Opened> => {
    const known = models.get(sha256);
    if (known) return known;
    const loading = loadRetrieval(path).then((model) => ({
      ...openAnswerer(model, fromAnswers(answers)),
      encoder: model.encoder,
    }));
    models.set(sha256, loading);
    // A failure is not kept: the file may come back.
    loading.catch(() => models.delete(sha256));
    return loading;
  };
  return {
    rungs: RETRIEVAL_RUNGS,
    predict: async (artefact, input, { signal, draft } = {}) => {
      const start = performance.now();
      const model = await modelOf(artefact);
      let vector: Float32Array | null = null;
      if (model.encoder !== null) {
        if (encoder?.name !== model.encoder || memory === null)
          throw new UnderstudyError('unavailable', `This specialist needs the encoder ${model.encoder}.`, {
            hint: 'Run `understudy doctor` to see how to get its weights.',
          });
        // Only calls that are known already, given with a draft, are met again (runtime/linear).
        const embedder = draft === undefined ? encoder : memory;
        vector = (await embedder.embed([encoderText(input)], signal))[0] ?? null;
      }
      if (signal?.aborted)
        throw new UnderstudyError('cancelled', 'The prediction was cancelled.', { hint: 'Nothing to do.' });
      return { ...model.answer(input, vector), ms: performance.now() - start };
    },
    close: async () => models.clear(),
  };
}
