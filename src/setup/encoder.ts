/**
 * The encoder alone, for what needs no other model: looked for on this machine, and not fetched.
 * Does not: train or answer (tools.ts).
 */
import { messageOf } from '../core/errors.ts';
import type { Encoder } from '../core/runtime.ts';
import { loadOnnx, whyNot } from '../models/weights/engines.ts';
import { catalogueOf } from '../models/weights/own.ts';
import { ensureWeights } from '../models/weights/weights.ts';
import { startModels } from '../runtime/models.ts';

export interface OpenedEncoder {
  /** Null where it cannot be had. */
  readonly encoder: Encoder | null;
  /** Why not, in a line. */
  readonly notes: readonly string[];
  close(): Promise<void>;
}

/** @param options.name In the catalogue, or of the user's own models. */
export async function openEncoder(options: {
  readonly name: string;
  readonly env: NodeJS.ProcessEnv;
  /** Weights live in `weights/` below it. */
  readonly weightsDir: string;
  readonly threads?: number | undefined;
}): Promise<OpenedEncoder> {
  const { name, env, weightsDir, threads } = options;
  const without = (why: string): OpenedEncoder => ({ encoder: null, notes: [why], close: async () => {} });
  const onnx = await loadOnnx().then(() => null, whyNot);
  if (onnx !== null) return without(`onnxruntime-node does not load here: ${onnx}.`);
  try {
    const { path } = await ensureWeights(name, { dataDir: weightsDir, env, offline: true });
    const dimensions = catalogueOf(weightsDir).find((entry) => entry.name === name)?.dimensions ?? 384;
    const models = await startModels({ encoder: { name, path, dimensions }, threads });
    return { encoder: models.encoder, notes: [], close: () => models.close() };
  } catch (error) {
    return without(`${messageOf(error)} Run \`understudy doctor --fetch\` to get them.`);
  }
}
