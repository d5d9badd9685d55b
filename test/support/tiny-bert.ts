/**
 * A tiny random BERT in the files that a real one comes in, and its forward pass in plain loops of double precision:
 * what graphs and gradients are held against. For tests.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../../src/core/random.ts';
import type { Safetensor } from '../../src/models/formats/safetensors.ts';

const WORDS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'my', 'parcel', 'is', 'late', '##ly', 'refund', '!'];
const H = 8;
const FFN = 12;
const LAYERS = 2;
const HEADS = 2;

/** Writes the files into `dir`, and returns the tensors by name. */
export function writeTinyBert(dir: string): ReadonlyMap<string, Safetensor> {
  mkdirSync(dir, { recursive: true });
  const weights = new Map<string, Safetensor>();
  const random = seededRandom(5);
  const add = (name: string, dims: readonly number[], mean = 0): void => {
    const length = dims.reduce((a, b) => a * b, 1);
    weights.set(name, { dims, data: Float32Array.from({ length }, () => mean + 0.4 * random.normal()) });
  };
  add('embeddings.word_embeddings.weight', [WORDS.length, H]);
  add('embeddings.position_embeddings.weight', [16, H]);
  add('embeddings.token_type_embeddings.weight', [2, H]);
  add('embeddings.LayerNorm.weight', [H], 1);
  add('embeddings.LayerNorm.bias', [H]);
  for (let i = 0; i < LAYERS; i++) {
    const p = `encoder.layer.${i}.`;
    const linear = (name: string, out: number, inner: number): void => {
      add(`${p}${name}.weight`, [out, inner]);
      add(`${p}${name}.bias`, [out]);
    };
    for (const part of ['query', 'key', 'value']) linear(`attention.self.${part}`, H, H);
    linear('attention.output.dense', H, H);
    linear('intermediate.dense', FFN, H);
    linear('output.dense', H, FFN);
    for (const norm of ['attention.output.LayerNorm', 'output.LayerNorm']) {
      add(`${p}${norm}.weight`, [H], 1);
      add(`${p}${norm}.bias`, [H]);
    }
  }
  let offset = 0;
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  for (const [name, { dims, data }] of weights) {
    header[name] = { dtype: 'F32', shape: dims, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const head = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(head.length));
  const parts = [...weights.values()].map(({ data }) => Buffer.from(data.buffer));
  writeFileSync(join(dir, 'model.safetensors'), Buffer.concat([length, head, ...parts]));
  const config = {
    hidden_size: H,
    num_hidden_layers: LAYERS,
    num_attention_heads: HEADS,
    hidden_act: 'gelu',
  };
  writeFileSync(join(dir, 'config.json'), JSON.stringify({ ...config, layer_norm_eps: 1e-12 }));
  const special = (id: number): object => ({ id, content: WORDS[id], special: true, normalized: false });
  writeFileSync(
    join(dir, 'tokenizer.json'),
    JSON.stringify({
      version: '1.0',
      added_tokens: [0, 1, 2, 3].map(special),
      normalizer: { type: 'BertNormalizer', lowercase: true, clean_text: true, handle_chinese_chars: true },
      pre_tokenizer: { type: 'BertPreTokenizer' },
      post_processor: {
        type: 'TemplateProcessing',
        single: [
          { SpecialToken: { id: '[CLS]', type_id: 0 } },
          { Sequence: { id: 'A', type_id: 0 } },
          { SpecialToken: { id: '[SEP]', type_id: 0 } },
        ],
        pair: [],
        special_tokens: {
          '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
          '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
        },
      },
      decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
      model: {
        type: 'WordPiece',
        unk_token: '[UNK]',
        continuing_subword_prefix: '##',
        max_input_chars_per_word: 100,
        vocab: Object.fromEntries(WORDS.map((word, i) => [word, i])),
      },
    }),
  );
  return weights;
}

type Rows = readonly (readonly number[])[];

/** What a linear layer adds to its result, by its name: LoRA, say. */
type Addition = (name: string, x: readonly number[]) => readonly number[];

/** The vector of a text: mean pooling of its states, and unit length. */
export function referenceVector(
  weights: ReadonlyMap<string, Safetensor>,
  ids: readonly number[],
  addition: Addition = () => [],
): number[] {
  const x = referenceStates(weights, ids, addition);
  const mean = Array.from({ length: H }, (_, i) => x.reduce((sum, row) => sum + row[i]!, 0) / x.length);
  const length = Math.hypot(...mean);
  return mean.map((value) => value / length);
}

/** The state of each token, BERT as its paper and the original code have it. */
export function referenceStates(
  weights: ReadonlyMap<string, Safetensor>,
  ids: readonly number[],
  addition: Addition = () => [],
): number[][] {
  const w = (name: string): Float32Array => weights.get(name)!.data;
  const linear = (x: Rows, name: string): number[][] => {
    const [out, inner] = weights.get(`${name}.weight`)!.dims as [number, number];
    return x.map((row) => {
      const added = addition(name, row);
      return Array.from({ length: out }, (_, o) =>
        row.reduce(
          (sum, v, i) => sum + v * w(`${name}.weight`)[o * inner + i]!,
          w(`${name}.bias`)[o]! + (added[o] ?? 0),
        ),
      );
    });
  };
  const norm = (x: Rows, name: string): number[][] =>
    x.map((row) => {
      const mean = row.reduce((a, b) => a + b, 0) / row.length;
      const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / row.length;
      return row.map(
        (v, i) =>
          ((v - mean) / Math.sqrt(variance + 1e-12)) * w(`${name}.weight`)[i]! + w(`${name}.bias`)[i]!,
      );
    });
  const plus = (a: Rows, b: Rows): number[][] => a.map((row, r) => row.map((v, i) => v + b[r]![i]!));
  let x = norm(
    ids.map((id, t) =>
      Array.from(
        { length: H },
        (_, i) =>
          w('embeddings.word_embeddings.weight')[id * H + i]! +
          w('embeddings.position_embeddings.weight')[t * H + i]! +
          w('embeddings.token_type_embeddings.weight')[i]!,
      ),
    ),
    'embeddings.LayerNorm',
  );
  for (let layer = 0; layer < LAYERS; layer++) {
    const p = `encoder.layer.${layer}`;
    const [q, k, v] = ['query', 'key', 'value'].map((part) => linear(x, `${p}.attention.self.${part}`));
    const size = H / HEADS;
    const context = x.map((_, t) =>
      Array.from({ length: H }, (_unused, i) => {
        const head = Math.floor(i / size) * size;
        const scores = x.map((_row, s) => {
          let dot = 0;
          for (let j = 0; j < size; j++) dot += q![t]![head + j]! * k![s]![head + j]!;
          return Math.exp(dot / Math.sqrt(size));
        });
        const total = scores.reduce((a, b) => a + b, 0);
        return scores.reduce((sum, score, s) => sum + (score / total) * v![s]![i]!, 0);
      }),
    );
    x = norm(plus(linear(context, `${p}.attention.output.dense`), x), `${p}.attention.output.LayerNorm`);
    const wide = linear(x, `${p}.intermediate.dense`).map((row) =>
      row.map((value) => (value / 2) * (1 + erf(value / Math.SQRT2))),
    );
    x = norm(plus(linear(wide, `${p}.output.dense`), x), `${p}.output.LayerNorm`);
  }
  return x;
}

/** Taylor series of the error function; the arguments here are small. */
function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n++) {
    term *= -(x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
