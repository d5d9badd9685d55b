/** The encoder's graph against a plain forward pass, and the real weights against published numbers. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { seededRandom } from '../core/random.ts';
import { loadBert } from './bert.ts';
import { readSafetensors } from './safetensors.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-bert-'));
after(() => rmSync(dir, { recursive: true }));

const WORDS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'my', 'parcel', 'is', 'late', '##ly', 'refund', '!'];
const H = 8;
const FFN = 12;
const LAYERS = 2;
const HEADS = 2;
const weights = new Map<string, { readonly dims: readonly number[]; readonly data: Float32Array }>();

/** A tiny random BERT in the files that a real one comes in. */
function writeTinyBert(): void {
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
}
writeTinyBert();

type Rows = readonly (readonly number[])[];

/** BERT as its paper and the original code have it, in plain loops. */
function reference(ids: readonly number[]): number[] {
  const w = (name: string): Float32Array => weights.get(name)!.data;
  const linear = (x: Rows, name: string): number[][] => {
    const [out, inner] = weights.get(`${name}.weight`)!.dims as [number, number];
    return x.map((row) =>
      Array.from({ length: out }, (_, o) =>
        row.reduce((sum, v, i) => sum + v * w(`${name}.weight`)[o * inner + i]!, w(`${name}.bias`)[o]!),
      ),
    );
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
  const mean = Array.from({ length: H }, (_, i) => x.reduce((sum, row) => sum + row[i]!, 0) / x.length);
  const length = Math.hypot(...mean);
  return mean.map((value) => value / length);
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

test('the graph gives the vectors of a plain forward pass, whatever shares its batch', async () => {
  const bert = await loadBert(dir);
  const texts = ['My parcel is late!', 'refund', 'my parcel is lately late late late', '', 'unheard'];
  assert.deepEqual(bert.tokenize(texts[0]!), [2, 4, 5, 6, 7, 10, 3]);
  assert.deepEqual(bert.tokenize('lately unheard'), [2, 7, 8, 1, 3]);
  const vectors = await bert.embed(texts);
  for (const [i, text] of texts.entries()) {
    const expected = reference(bert.tokenize(text));
    expected.forEach((value, h) => {
      assert.ok(Math.abs(vectors[i]![h]! - value) < 1e-5, `${text} ${h}: ${vectors[i]![h]} ${value}`);
    });
  }
  await bert.close();
});

test('a text too long is cut, and keeps its end marker', async () => {
  const bert = await loadBert(dir, { maxTokens: 6 });
  assert.deepEqual(bert.tokenize('my parcel is late my parcel is late'), [2, 4, 5, 6, 7, 3]);
  await bert.close();
});

test('a file that is cut off is corrupt, one that is missing unavailable', () => {
  const path = join(dir, 'cut.safetensors');
  const length = Buffer.alloc(8);
  const head = Buffer.from('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}');
  length.writeBigUInt64LE(BigInt(head.length));
  writeFileSync(path, Buffer.concat([length, head, Buffer.alloc(4)]));
  assert.throws(() => readSafetensors(path), { code: 'corrupt' });
  writeFileSync(path, Buffer.alloc(8, 255));
  assert.throws(() => readSafetensors(path), { code: 'corrupt' });
  assert.throws(() => readSafetensors(join(dir, 'none')), { code: 'unavailable' });
});

const roots = [process.env.UNDERSTUDY_WEIGHTS ?? '', join(import.meta.dirname, '../../.understudy/weights')];
const real = roots.map((root) => join(root, 'all-minilm-l6-v2')).find((path) => existsSync(path));

test('all-MiniLM-L6-v2 gives the tokens and the similarities that are published for it', {
  skip: real === undefined ? 'no weights of all-minilm-l6-v2 here' : false,
}, async () => {
  const bert = await loadBert(real!);
  // bert-base-uncased's vocabulary.
  assert.deepEqual(
    bert.tokenize('Hello, wörld! unaffable'),
    [101, 7592, 1010, 2088, 999, 14477, 20961, 3468, 102],
  );
  const texts = [
    'That is a happy person',
    'That is a happy dog',
    'That is a very happy person',
    'Today is a sunny day',
  ];
  const [a, ...rest] = await bert.embed(texts);
  const similarities = rest.map((b) => b.reduce((sum, value, i) => sum + value * a![i]!, 0));
  // The example of the model's page at Hugging Face.
  [0.695, 0.943, 0.257].forEach((expected, i) => {
    assert.ok(Math.abs(similarities[i]! - expected) < 0.001, `${similarities[i]}`);
  });
  await bert.close();
});
