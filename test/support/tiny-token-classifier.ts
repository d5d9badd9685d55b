/** A tiny random token classifier in the files that a real one comes in. For tests. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../../src/core/random.ts';
import { CONTRIB, GraphBuilder } from '../../src/models/formats/onnx.ts';
import { MODEL_FILE } from '../../src/models/token-classifier/weights.ts';

/** Sizes must be multiples of the blocks of 32 that weights are stored in. */
const [H, FFN, LAYERS, HEADS, POSITIONS] = [32, 64, 2, 2, 40] as const;
const BLOCK = 32;

export const TINY_WORDS = [
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  '.',
  ',',
  'maria',
  'lives',
  'here',
  '##s',
  '1',
  '##2',
];
const LABELS = [
  'O',
  'B-GIVEN_NAME',
  'I-GIVEN_NAME',
  'B-STREET_NAME',
  'I-STREET_NAME',
  'B-CITY',
  'B-PHONE',
  'B-URL',
];

/** Writes config.json, tokenizer.json and the model into `dir`. */
export function writeTinyClassifier(dir: string): void {
  mkdirSync(dir, { recursive: true });
  const random = seededRandom(9);
  const g = new GraphBuilder('tiny');
  const normal = (length: number, mean = 0): Float32Array =>
    Float32Array.from({ length }, () => mean + 0.4 * random.normal());
  const floats = (name: string, dims: readonly number[], mean = 0): void => {
    g.initializer(name, {
      type: 'float32',
      dims,
      data: normal(
        dims.reduce((a, b) => a * b, 1),
        mean,
      ),
    });
  };
  const embedding = (name: string, rows: number): void => {
    const data = Uint8Array.from({ length: rows * H }, () => random.below(256));
    g.initializer(`${name}_quantized`, { type: 'uint8', dims: [rows, H], data });
    g.initializer(`${name}_scale`, { type: 'float32', dims: [], data: Float32Array.of(0.01) });
    g.initializer(`${name}_zero_point`, { type: 'uint8', dims: [], data: Uint8Array.of(128) });
  };
  embedding('bert.embeddings.word_embeddings.weight', TINY_WORDS.length);
  embedding('bert.embeddings.position_embeddings.weight', POSITIONS);
  embedding('bert.embeddings.token_type_embeddings.weight', 2);
  const norm = (name: string): void => {
    floats(`${name}.weight`, [H], 1);
    floats(`${name}.bias`, [H]);
  };
  norm('bert.embeddings.LayerNorm');
  const linear = (name: string, out: number, inner: number): void => {
    floats(`${name}.bias`, [out]);
    const blocks = inner / BLOCK;
    const data = Uint8Array.from({ length: (out * inner) / 2 }, () => random.below(256));
    const packed = g.initializer(`${name}_Q4`, { type: 'uint8', dims: [out, blocks, BLOCK / 2], data });
    const scale = Float32Array.from({ length: out * blocks }, () => 0.05 + 0.1 * random.next());
    const scales = g.initializer(`${name}_scales`, { type: 'float32', dims: [out, blocks], data: scale });
    const attributes = { K: inner, N: out, bits: 4, block_size: BLOCK };
    const node = `/${name.replaceAll('.', '/').replace(/layer\/(\d)/, 'layer.$1')}/MatMul_Q4`;
    g.node('MatMulNBits', ['x', packed, scales], attributes, { domain: CONTRIB, name: node });
  };
  for (let i = 0; i < LAYERS; i++) {
    const p = `bert.encoder.layer.${i}`;
    for (const part of ['query', 'key', 'value']) linear(`${p}.attention.self.${part}`, H, H);
    linear(`${p}.attention.output.dense`, H, H);
    linear(`${p}.intermediate.dense`, FFN, H);
    linear(`${p}.output.dense`, H, FFN);
    norm(`${p}.attention.output.LayerNorm`);
    norm(`${p}.output.LayerNorm`);
  }
  linear('classifier', LABELS.length, H);
  writeFileSync(join(dir, MODEL_FILE), g.toBytes());
  const config = {
    hidden_size: H,
    num_hidden_layers: LAYERS,
    num_attention_heads: HEADS,
    max_position_embeddings: POSITIONS,
    hidden_act: 'gelu',
    id2label: Object.fromEntries(LABELS.map((label, i) => [i, label])),
  };
  writeFileSync(join(dir, 'config.json'), JSON.stringify(config));
  const vocab = Object.fromEntries(TINY_WORDS.map((word, i) => [word, i]));
  const model = { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', vocab };
  writeFileSync(
    join(dir, 'tokenizer.json'),
    JSON.stringify({
      normalizer: { type: 'BertNormalizer', lowercase: true, clean_text: true, handle_chinese_chars: true },
      pre_tokenizer: { type: 'BertPreTokenizer' },
      model: { ...model, max_input_chars_per_word: 100 },
    }),
  );
}
