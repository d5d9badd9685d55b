/**
 * What can be done here with a model of the catalogue: whether the embedded trainer can train adapters for it, and whether
 * the decoder process can serve it.
 * Does not: read files; what is in one has the last word (train/embedded/architecture.ts, models/decoder/chat-template.ts).
 */
import { TEMPLATE_NAMES } from '../decoder/chat-template.ts';
import type { CatalogueEntry } from './entry.ts';

/** general.architecture of the models that the embedded trainer computes; train/embedded/architecture.ts has a family for each. */
export const TRAINED_ARCHITECTURES = ['llama', 'qwen2', 'qwen3', 'gemma3', 'granite', 'smollm3'] as const;
export type TrainedArchitecture = (typeof TRAINED_ARCHITECTURES)[number];

export function isTrained(architecture: string): architecture is TrainedArchitecture {
  return (TRAINED_ARCHITECTURES as readonly string[]).includes(architecture);
}

/** Encoders that can be read: model_type, and how words are cut where it is not WordPiece. */
const ENCODERS: readonly string[] = ['bert', 'bert-unigram'];

/**
 * Memory that the embedded trainer takes, estimated: weights in float32, and the activations of a step (2.0–2.7 GB were
 * measured for 135 million parameters).
 */
const trainingBytes = (parameters: number): number => 4 * parameters + 1.5e9;

export interface Use {
  /** LoRA on this machine's CPU. */
  readonly trained: boolean;
  readonly served: boolean;
  /** Why not, in a few words; '' where both can be done. */
  readonly because: string;
}

/**
 * The same for encoders: trained means tuned by the rungs that tune the encoder.
 * @param memoryBytes Of this machine.
 */
export function useOf(
  entry: Pick<CatalogueEntry, 'kind' | 'architecture' | 'promptFormat' | 'parameters'>,
  memoryBytes: number,
): Use {
  const { kind, architecture, promptFormat, parameters } = entry;
  if (kind !== 'language') {
    const read = ENCODERS.includes(architecture);
    return {
      trained: read,
      served: read,
      because: read ? '' : `encoders of type ${architecture} are not read`,
    };
  }
  if (promptFormat === null || !TEMPLATE_NAMES.includes(promptFormat))
    return {
      trained: false,
      served: false,
      because: `its chat template (${promptFormat ?? 'not stated'}) is not known here`,
    };
  if (!isTrained(architecture))
    return { trained: false, served: true, because: `the embedded trainer does not compute ${architecture}` };
  const needed = trainingBytes(parameters);
  if (needed <= memoryBytes) return { trained: true, served: true, because: '' };
  const because = `training it here would take about ${Math.round(needed / 1e9)} GB of memory`;
  return { trained: false, served: true, because };
}
