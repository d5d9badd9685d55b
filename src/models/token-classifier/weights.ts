/**
 * A token classifier's files as they are fetched (config.json, tokenizer.json, model_q4.onnx: a BERT whose matrices
 * are stored in 4 bits) as float32 tensors under BERT's usual names, so that a graph of our own can be built of them.
 * Does not: build the graph (graph.ts).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UnderstudyError } from '../../core/errors.ts';
import { isObject, parseJson } from '../../core/json.ts';
import { readOnnx, type StoredGraph, type StoredTensor } from '../formats/onnx-read.ts';
import type { Safetensor } from '../formats/safetensors.ts';

export interface ClassifierConfig {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly epsilon: number;
  /** Longest sequence, with [CLS] and [SEP]. */
  readonly positions: number;
  /** By class: 'O', 'B-KIND', 'I-KIND'. */
  readonly labels: readonly string[];
}

export interface ClassifierFiles {
  readonly config: ClassifierConfig;
  readonly tensors: ReadonlyMap<string, Safetensor>;
  /** WordPiece's vocabulary: pieces by text, continuations with '##'. */
  readonly vocabulary: ReadonlyMap<string, number>;
}

/** Name of the model's file in its folder. */
export const MODEL_FILE = 'model_q4.onnx';

/** @throws UnderstudyError 'unavailable' (a file is not there), 'corrupt' (one is not what it should be). */
export function readClassifier(dir: string): ClassifierFiles {
  const config = configOf(readJson(join(dir, 'config.json')));
  const tensors = tensorsOf(readOnnx(readBytes(join(dir, MODEL_FILE))));
  return { config, tensors, vocabulary: vocabularyOf(readJson(join(dir, 'tokenizer.json'))) };
}

function tensorsOf(graph: StoredGraph): ReadonlyMap<string, Safetensor> {
  const out = new Map<string, Safetensor>();
  const stored = (name: string | undefined): StoredTensor => {
    const found = graph.tensors.get(name ?? '');
    if (found === undefined) throw corrupt(`has no tensor ${name}`);
    return found;
  };
  for (const [name, tensor] of graph.tensors) {
    if (tensor.type === 1) out.set(plain(name), { dims: tensor.dims, data: floats(tensor) });
    if (name.endsWith('_quantized')) {
      const base = name.slice(0, -'_quantized'.length);
      const scale = floats(stored(`${base}_scale`))[0] ?? 0;
      const zero = stored(`${base}_zero_point`).bytes[0] ?? 0;
      const data = Float32Array.from(tensor.bytes, (value) => (value - zero) * scale);
      out.set(plain(base), { dims: tensor.dims, data });
    }
  }
  for (const { op, name, inputs } of graph.nodes) {
    if (op !== 'MatMulNBits') continue;
    const at = /^\/(.+)\/MatMul/.exec(name)?.[1];
    if (at === undefined || inputs.length !== 3) throw corrupt(`has an unknown product ${name}`);
    out.set(`${plain(at.replaceAll('/', '.'))}.weight`, dequantise(stored(inputs[1]), stored(inputs[2])));
  }
  return out;
}

function plain(name: string): string {
  return name.replace(/^bert\./, '');
}

/**
 * Weights [out, in] of 4 bits: in blocks of a row, two a byte with the lower half first, 8 standing for zero; a scale
 * for each block (ONNX Runtime's MatMulNBits without zero points).
 */
function dequantise(packed: StoredTensor, scales: StoredTensor): Safetensor {
  const [out = 0, blocks = 0, half = 0] = packed.dims;
  const inner = blocks * half * 2;
  const scale = floats(scales);
  if (packed.bytes.length !== out * blocks * half || scale.length !== out * blocks)
    throw corrupt('has a tensor of another size than it says');
  const data = new Float32Array(out * inner);
  packed.bytes.forEach((byte, i) => {
    const by = scale[Math.floor(i / half)]!;
    data[2 * i] = ((byte & 15) - 8) * by;
    data[2 * i + 1] = ((byte >> 4) - 8) * by;
  });
  return { dims: [out, inner], data };
}

function floats({ bytes }: StoredTensor): Float32Array {
  if (bytes.length % 4 !== 0) throw corrupt('has a tensor that is cut off');
  // A copy of its own: a Float32Array must begin at a multiple of four.
  return new Float32Array(new Uint8Array(bytes).buffer);
}

function configOf(config: Record<string, unknown>): ClassifierConfig {
  const { hidden_size, num_hidden_layers, num_attention_heads, layer_norm_eps, hidden_act } = config;
  const { id2label, max_position_embeddings } = config;
  if (
    typeof hidden_size !== 'number' ||
    typeof num_hidden_layers !== 'number' ||
    typeof num_attention_heads !== 'number' ||
    typeof max_position_embeddings !== 'number' ||
    !isObject(id2label) ||
    hidden_act !== 'gelu'
  )
    throw corrupt('comes with a config.json that is not that of a BERT with GELU');
  const labels = Object.keys(id2label).map((_, i) => String(id2label[i] ?? 'O'));
  return {
    hidden: hidden_size,
    layers: num_hidden_layers,
    heads: num_attention_heads,
    epsilon: typeof layer_norm_eps === 'number' ? layer_norm_eps : 1e-12,
    positions: max_position_embeddings,
    labels,
  };
}

function vocabularyOf(tokenizer: Record<string, unknown>): ReadonlyMap<string, number> {
  const model = tokenizer.model;
  if (!isObject(model) || model.type !== 'WordPiece' || !isObject(model.vocab))
    throw corrupt('comes with a tokenizer.json that is not that of WordPiece');
  const vocabulary = new Map<string, number>();
  for (const [piece, id] of Object.entries(model.vocab)) vocabulary.set(piece, Number(id));
  for (const piece of ['[UNK]', '[CLS]', '[SEP]'])
    if (!vocabulary.has(piece)) throw corrupt(`comes with a vocabulary without ${piece}`);
  return vocabulary;
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new UnderstudyError('unavailable', `The token classifier's file ${path} cannot be read.`, {
      hint: 'Run `understudy doctor --fetch`.',
      cause,
    });
  }
}

function readJson(path: string): Record<string, unknown> {
  const value = parseJson(readBytes(path).toString('utf8'));
  if (isObject(value)) return value;
  throw corrupt(`comes with a ${path} that is not JSON`);
}

function corrupt(what: string): UnderstudyError {
  return new UnderstudyError('corrupt', `The token classifier's model ${what}.`, {
    hint: 'Delete its folder and download it again.',
  });
}
