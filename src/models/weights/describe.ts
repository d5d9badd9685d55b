/**
 * What the files of a model say of it, for the catalogue.
 * Does not: decide whether it can be trained (train/embedded/architecture.ts).
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UnderstudyError } from '../../core/errors.ts';
import { chatTemplateOfGguf } from '../decoder/gguf-template.ts';
import { type GgufFile, openGguf } from '../formats/gguf/read.ts';
import type { CatalogueEntry } from './entry.ts';
import { quantisationOf } from './hub.ts';

type Described = Pick<
  CatalogueEntry,
  'parameters' | 'architecture' | 'context' | 'promptFormat' | 'quantisation' | 'diskBytes'
>;

/** @throws UnderstudyError as openGguf. */
export function describeGguf(path: string): Described {
  const file = openGguf(path);
  try {
    const architecture = String(file.metadata.get('general.architecture') ?? 'unknown');
    const context = Number(file.metadata.get(`${architecture}.context_length`));
    const parameters = [...file.tensors.values()].reduce(
      (sum, { dims }) => sum + dims.reduce((product, dim) => product * dim, 1),
      0,
    );
    return {
      parameters,
      architecture,
      context: Number.isSafeInteger(context) && context > 0 ? context : 1024,
      promptFormat: templateOf(file),
      quantisation: quantisationOf(path),
      diskBytes: statSync(path).size,
    };
  } finally {
    file.close();
  }
}

const encoderSchema = z.looseObject({
  model_type: z.string(),
  hidden_size: z.int().positive(),
  max_position_embeddings: z.int().positive(),
});

/** The same of an encoder, from the config.json in its folder. @throws UnderstudyError 'corrupt'. */
export function describeEncoder(
  dir: string,
): Pick<CatalogueEntry, 'architecture' | 'context' | 'dimensions'> {
  const path = join(dir, 'config.json');
  try {
    const config = encoderSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    return {
      architecture: config.model_type,
      context: config.max_position_embeddings,
      dimensions: config.hidden_size,
    };
  } catch (cause) {
    throw new UnderstudyError('corrupt', `${path} is not the configuration of an encoder.`, {
      hint: 'An encoder is a BERT: config.json, tokenizer.json and model.safetensors.',
      cause,
    });
  }
}

/** Null where none is known. */
function templateOf(file: GgufFile): string | null {
  try {
    return chatTemplateOfGguf(file).name;
  } catch {
    return null;
  }
}
