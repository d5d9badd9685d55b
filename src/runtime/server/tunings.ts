/**
 * What the encoder is tuned by, for the specialists that are asked: read from their files, and a few kept in memory.
 * Does not: run the encoder (models/encoder/bert.ts).
 */
import { UnderstudyError } from '../../core/errors.ts';
import { loadLinear } from '../../models/classifier/linear.ts';
import type { Tuning } from '../../models/encoder/bert-lora.ts';

/** About 3 MB each at rank 16. */
const MAX_KEPT = 16;

/** The tuning in the model file at a path; every version of a file has its own path. @throws as loadLinear. */
export function tuningStore(): (path: string) => Promise<Tuning> {
  /** Least recently used first. */
  const kept = new Map<string, Promise<Tuning>>();
  return (path) => {
    const tuning = kept.get(path) ?? read(path);
    kept.delete(path);
    kept.set(path, tuning);
    // A failure is not kept: the file may come back.
    tuning.catch(() => kept.delete(path));
    for (const oldest of kept.keys()) {
      if (kept.size <= MAX_KEPT) break;
      kept.delete(oldest);
    }
    return tuning;
  };
}

async function read(path: string): Promise<Tuning> {
  const { tuning } = await loadLinear(path, { classes: [], plan: { paths: [], slots: [] } });
  if (tuning !== null) return tuning;
  throw new UnderstudyError('corrupt', `The model in ${path} does not tune the encoder.`, {
    hint: 'Train the specialist again with `understudy learn`.',
  });
}
