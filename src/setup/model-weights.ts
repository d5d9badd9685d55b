/**
 * The weights that the configuration names, fetched where they are missing, and the native library that runs encoders. What
 * cannot be had is noted, and the program does without it.
 * Does not: start what runs them (runtime/models.ts), or look after the catalogue (models/weights/).
 */
import type { Config } from '../core/config.ts';
import { messageOf } from '../core/errors.ts';
import type { OnProgress } from '../core/progress.ts';
import { loadOnnx, whyNot } from '../models/weights/engines.ts';
import { catalogueOf } from '../models/weights/own.ts';
import { ensureWeights } from '../models/weights/weights.ts';

export interface WeightsOptions {
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  /** Weights live in `weights/` below it. */
  readonly weightsDir: string;
  readonly log: (line: string) => void;
  /** Only what is trained in seconds, here: no language model is fetched. Default: false. */
  readonly quick?: boolean;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

export interface ModelWeights {
  /** Null where there are no weights for it, or nothing that runs them. */
  readonly encoder: { readonly name: string; readonly path: string; readonly dimensions: number } | null;
  /** The encoder's folder where the extractor can be trained on it: it cuts words into WordPiece's pieces. */
  readonly extractorPath: string | null;
  /** GGUF file of the base model; null where it is missing, or nothing needs it. */
  readonly languagePath: string | null;
  /** What is missing, in a line each. */
  readonly notes: readonly string[];
}

/** @throws where `signal` is aborted. */
export async function modelWeights(options: WeightsOptions): Promise<ModelWeights> {
  const { config, env, weightsDir, log, onProgress, signal, quick = false } = options;
  const { base, encoder: name, peft } = config.train;
  const notes: string[] = [];
  const note = (line: string): void => {
    notes.push(line);
    log(line);
  };
  const pathOf = async (model: string): Promise<string | null> => {
    try {
      const at = await ensureWeights(model, {
        dataDir: weightsDir,
        env,
        ...(onProgress ? { onProgress } : {}),
        ...(signal ? { signal } : {}),
      });
      return at.path;
    } catch (error) {
      if (signal?.aborted) throw error;
      note(`${messageOf(error)} Going on without ${model}.`);
      return null;
    }
  };
  const onnx = await loadOnnx().then(
    () => true,
    (error: unknown) => {
      note(
        `onnxruntime-node does not load here: ${whyNot(error)}. Going on without the encoder, and without training language models on this machine.`,
      );
      return false;
    },
  );
  const encoderPath = onnx ? await pathOf(name) : null;
  const isLanguageUsed = !quick && (onnx || peft !== undefined);
  const languagePath = isLanguageUsed ? await pathOf(base) : null;
  const entry = catalogueOf(weightsDir).find((each) => each.name === name);
  return {
    encoder: encoderPath === null ? null : { name, path: encoderPath, dimensions: entry?.dimensions ?? 384 },
    extractorPath: entry?.architecture === 'bert' ? encoderPath : null,
    languagePath,
    notes,
  };
}
