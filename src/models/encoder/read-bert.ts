/**
 * An encoder's files: its configuration, weights and tokenizer, from a folder as hubs have it or from one packed file.
 * Does not: fetch them (weights/), or run the encoder (bert.ts).
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UnderstudyError } from '../../core/errors.ts';
import { isObject, parseJson } from '../../core/json.ts';
import { readPackedEncoder } from '../formats/packed-encoder.ts';
import { readSafetensors, type Safetensor } from '../formats/safetensors.ts';

export interface BertConfig {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly epsilon: number;
}

/** The weights as they are in the folder. @throws UnderstudyError 'unavailable', 'corrupt'. */
export function readBert(dir: string): {
  readonly config: BertConfig;
  readonly tensors: ReadonlyMap<string, Safetensor>;
  /** What tokenizer.json says. */
  readonly tokenizer: Readonly<Record<string, unknown>>;
} {
  const packed = join(dir, PACKED);
  if (existsSync(packed)) {
    const encoder = readPackedEncoder(packed);
    return { ...encoder, config: bertConfig(encoder.config) };
  }
  return {
    config: bertConfig(readJson(join(dir, 'config.json'))),
    tensors: readSafetensors(join(dir, 'model.safetensors')),
    tokenizer: readJson(join(dir, 'tokenizer.json')),
  };
}

/** A file that is configuration, tokenizer and weights in one (formats/packed-encoder.ts). */
const PACKED = 'packed.bin';

function bertConfig(config: Readonly<Record<string, unknown>>): BertConfig {
  const { hidden_size, num_hidden_layers, num_attention_heads, layer_norm_eps, hidden_act } = config;
  if (
    typeof hidden_size !== 'number' ||
    typeof num_hidden_layers !== 'number' ||
    typeof num_attention_heads !== 'number' ||
    hidden_act !== 'gelu'
  ) {
    throw new UnderstudyError('corrupt', "The encoder's config.json is not that of a BERT with GELU.", {
      hint: 'Delete the folder and download it again.',
    });
  }
  return {
    hidden: hidden_size,
    layers: num_hidden_layers,
    heads: num_attention_heads,
    epsilon: typeof layer_norm_eps === 'number' ? layer_norm_eps : 1e-12,
  };
}

function readJson(path: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new UnderstudyError('unavailable', `The encoder's file ${path} cannot be read.`, {
      hint: 'Check that the weights have been downloaded.',
      cause,
    });
  }
  const value = parseJson(text);
  if (isObject(value)) return value;
  throw new UnderstudyError('corrupt', `${path} is not JSON.`, {
    hint: 'Delete the file and download it again.',
  });
}
