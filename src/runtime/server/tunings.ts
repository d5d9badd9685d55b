/**
 * What the encoder is tuned by, and extractors, for the specialists that are asked: read from their files, and a few kept in memory.
 * Does not: run the encoder (models/encoder/bert.ts).
 */
import { UnderstudyError } from '../../core/errors.ts';
import { loadLinear } from '../../models/classifier/linear.ts';
import type { Tuning } from '../../models/encoder/bert-tuning.ts';
import { type ExtractorModel, loadExtractor } from '../../models/extractor/model.ts';

/** About 3 MB each at rank 16, and as much again for an extractor's examples. */
const MAX_KEPT = 16;

/** The tuning in the model file at a path; every version of a file has its own path. @throws as loadLinear. */
export const tuningStore = (): ((path: string) => Promise<Tuning>) => kept(readTuning);

/** The extractor in the model file at a path. @throws as loadExtractor. */
export const extractorStore = (): ((path: string) => Promise<ExtractorModel>) => kept(loadExtractor);

function kept<T>(read: (path: string) => Promise<T>): (path: string) => Promise<T> {
  /** Least recently used first. */
  const known = new Map<string, Promise<T>>();
  return (path) => {
    const model = known.get(path) ?? read(path);
    known.delete(path);
    known.set(path, model);
    // A failure is not kept: the file may come back.
    model.catch(() => known.delete(path));
    for (const oldest of known.keys()) {
      if (known.size <= MAX_KEPT) break;
      known.delete(oldest);
    }
    return model;
  };
}

async function readTuning(path: string): Promise<Tuning> {
  const { tuning } = await loadLinear(path, { classes: [], plan: { paths: [], slots: [] } });
  if (tuning !== null) return tuning;
  throw new UnderstudyError('corrupt', `The model in ${path} does not tune the encoder.`, {
    hint: 'Train the specialist again with `understudy learn`.',
  });
}
