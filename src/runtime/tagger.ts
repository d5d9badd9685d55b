/**
 * Runs linear extractors in this process: the model reads the input, the answer is composed of what it says.
 * Does not: know the model's inside (models/tagger), or how answers are composed (models/extractor).
 */
import { UnderstudyError } from '../core/errors.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Artefact, Rung } from '../core/specialist.ts';
import { composeAnswer } from '../models/extractor/compose.ts';
import { unitsOf } from '../models/extractor/units.ts';
import { loadTagger } from '../models/tagger/file.ts';
import { readTagger, type TaggerModel } from '../models/tagger/model.ts';
import { extractionOf } from './extractor.ts';

export const TAGGER_RUNGS: readonly Rung[] = ['tagger'];

export function taggerRuntime(): Runtime {
  const models = new Map<string, Promise<TaggerModel>>();
  const modelOf = ({ path, sha256 }: Artefact): Promise<TaggerModel> => {
    const known = models.get(sha256);
    if (known) return known;
    const loading = loadTagger(path);
    models.set(sha256, loading);
    // A failure is not kept: the file may come back.
    loading.catch(() => models.delete(sha256));
    return loading;
  };
  return {
    rungs: TAGGER_RUNGS,
    predict: async (artefact, input, { signal } = {}) => {
      const start = performance.now();
      const { kind, ...extraction } = extractionOf(artefact);
      const model = await modelOf(artefact);
      if (signal?.aborted)
        throw new UnderstudyError('cancelled', 'The prediction was cancelled.', { hint: 'Nothing to do.' });
      const units = unitsOf(input);
      const reading = readTagger(model, extraction, units);
      return { ...composeAnswer(kind, extraction, units, reading), ms: performance.now() - start };
    },
    close: async () => models.clear(),
  };
}
