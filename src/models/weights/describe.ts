/**
 * What a GGUF file says of the model in it, for the catalogue.
 * Does not: decide whether it can be trained (train/embedded/architecture.ts).
 */
import { statSync } from 'node:fs';
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
      ...{ parameters, architecture },
      context: Number.isSafeInteger(context) && context > 0 ? context : 1024,
      promptFormat: templateOf(file),
      quantisation: quantisationOf(path),
      diskBytes: statSync(path).size,
    };
  } finally {
    file.close();
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
