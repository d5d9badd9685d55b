import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { seededRandom } from '../../core/random.ts';
import { loadBert } from '../encoder/bert.ts';
import { readPackedEncoder } from './packed-encoder.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-packed-'));
after(() => rmSync(dir, { recursive: true }));

const [HIDDEN, FFN, POSITIONS] = [32, 64, 16];
const VOCABULARY: readonly (readonly [string, number])[] = [
  ...(['<s>', '<pad>', '</s>', '<unk>'] as const).map((piece) => [piece, 0] as const),
  ...([
    ['▁', -4],
    ['▁hello', -3],
    ['▁wor', -5],
    ['ld', -5],
    ['▁w', -9],
    ['o', -9],
    ['é', -6],
  ] as const),
];

const int = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => void bytes.writeInt32LE(value, 4 * i));
  return bytes;
};
const float = (...values: number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);
const long = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};

/** A file as the package has it, with random numbers, its query matrix in Q4_0. */
function packed(): { readonly bytes: Buffer; readonly tensors: ReadonlyMap<string, Float32Array> } {
  const random = seededRandom(1);
  const draw = (count: number): Float32Array =>
    Float32Array.from({ length: count }, () => 0.2 * random.normal());
  const tensors = new Map<string, Float32Array>();
  const matrix = HIDDEN * HIDDEN;
  for (const [name, count] of [
    ['emb.word', VOCABULARY.length * HIDDEN],
    ['emb.pos', POSITIONS * HIDDEN],
    ['emb.type', 2 * HIDDEN],
    ['emb.ln.w', HIDDEN],
    ['emb.ln.b', HIDDEN],
    ...['q', 'k', 'v', 'ao'].flatMap((part) => [
      [`l0.${part}.w`, matrix],
      [`l0.${part}.b`, HIDDEN],
    ]),
    ['l0.fi.w', FFN * HIDDEN],
    ['l0.fi.b', FFN],
    ['l0.fo.w', FFN * HIDDEN],
    ['l0.fo.b', HIDDEN],
    ...['aln', 'oln'].flatMap((part) => [
      [`l0.${part}.w`, HIDDEN],
      [`l0.${part}.b`, HIDDEN],
    ]),
  ] as [string, number][])
    tensors.set(name, draw(count));
  // A Q4_0 block: a scale in float16 (0x3800 is 0.5), then nibbles of which 8 stands for 0.
  const blocks = Array.from({ length: matrix / 32 }, (_, b) =>
    Buffer.from([
      0x00,
      0x38,
      ...Array.from({ length: 16 }, (_, i) => ((b + i) % 16) | (((i * 3) % 16) << 4)),
    ]),
  );
  tensors.set(
    'l0.q.w',
    Float32Array.from({ length: matrix }, (_, at) => {
      const [b, i] = [Math.floor(at / 32), at % 32];
      return 0.5 * ((i < 16 ? (b + i) % 16 : ((i - 16) * 3) % 16) - 8);
    }),
  );
  const texts = VOCABULARY.map(([piece]) => Buffer.from(piece));
  const ends = texts.map(
    (
      (sum) => (text: Buffer) =>
        (sum += text.length)
    )(0),
  );
  const head = Buffer.concat([
    Buffer.from('E5S1'),
    int(1, HIDDEN, 1, 4, FFN, VOCABULARY.length, POSITIONS, 2),
    float(1e-12),
    int(32),
    int(VOCABULARY.length, 0, 2, 1, 3),
    long(Buffer.concat(texts).length),
    int(0, ...ends),
    float(...VOCABULARY.map(([, score]) => score)),
    ...texts,
    int(0, 0),
    int(tensors.size),
  ]);
  const directory = (start: number): { readonly entries: Buffer; readonly data: Buffer } => {
    let at = start;
    const data: Buffer[] = [];
    const entries = [...tensors].map(([name, values]) => {
      const body = name === 'l0.q.w' ? Buffer.concat(blocks) : Buffer.from(values.buffer);
      const length = Buffer.alloc(2);
      length.writeUInt16LE(name.length);
      const entry = [length, Buffer.from(name), Buffer.from([name === 'l0.q.w' ? 1 : 0]), int(values.length)];
      const whole = Buffer.concat([...entry, long(at), long(body.length)]);
      at += body.length;
      data.push(body);
      return whole;
    });
    return { entries: Buffer.concat(entries), data: Buffer.concat(data) };
  };
  const { entries, data } = directory(head.length + directory(0).entries.length);
  return { bytes: Buffer.concat([head, entries, data]), tensors };
}

const file = packed();
const path = join(dir, 'packed.bin');
writeFileSync(path, file.bytes);

test('a packed encoder has its tensors under BERT’s names, in float32', () => {
  const { config, tensors } = readPackedEncoder(path);
  assert.equal(config.hidden_size, HIDDEN);
  assert.equal(config.num_hidden_layers, 1);
  assert.equal(tensors.size, file.tensors.size);
  const query = tensors.get('encoder.layer.0.attention.self.query.weight')!;
  assert.deepEqual(query.dims, [HIDDEN, HIDDEN]);
  assert.deepEqual(query.data, file.tensors.get('l0.q.w'));
  assert.deepEqual(tensors.get('encoder.layer.0.intermediate.dense.weight')!.dims, [FFN, HIDDEN]);
  assert.deepEqual(tensors.get('embeddings.LayerNorm.bias')!.data, file.tensors.get('emb.ln.b'));
});

test('its tokenizer cuts words into the likeliest pieces', () => {
  const tokenizer = new Tokenizer(readPackedEncoder(path).tokenizer, {});
  assert.deepEqual(tokenizer.encode('hello world').ids, [0, 5, 6, 7, 2]);
  assert.deepEqual(tokenizer.encode('  hello').ids, [0, 5, 2]);
  // Unicode forms are one, and what is in no piece is unknown.
  assert.deepEqual(tokenizer.encode('hellé').ids, tokenizer.encode('helle\u0301').ids);
  assert.ok(tokenizer.encode('zzz').ids.includes(3));
});

test('it runs as any encoder does', async () => {
  const bert = await loadBert(dir);
  const [one, two] = await bert.embed(['hello world', 'hello']);
  assert.ok(Math.abs(Math.hypot(...one!) - 1) < 1e-6);
  assert.notDeepEqual(one, two);
  await bert.close();
});

test('a file that is cut off or is another is corrupt', () => {
  const broken = join(dir, 'broken');
  fc.assert(
    fc.property(fc.integer({ min: 0, max: file.bytes.length - 1 }), (length) => {
      writeFileSync(broken, file.bytes.subarray(0, length));
      assert.throws(() => readPackedEncoder(broken), { code: 'corrupt' });
    }),
    { numRuns: 60 },
  );
  writeFileSync(broken, Buffer.concat([Buffer.from('GGUF'), file.bytes.subarray(4)]));
  assert.throws(() => readPackedEncoder(broken), { code: 'corrupt' });
});
