/** The encoder's graph against a plain forward pass, and the real weights against published numbers. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { referenceVector, writeTinyBert } from '../../../test/support/tiny-bert.ts';
import { readSafetensors } from '../formats/safetensors.ts';
import { loadBert } from './bert.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-bert-'));
after(() => rmSync(dir, { recursive: true }));

const weights = writeTinyBert(dir);

test('the graph gives the vectors of a plain forward pass, whatever shares its batch', async () => {
  const bert = await loadBert(dir);
  const texts = ['My parcel is late!', 'refund', 'my parcel is lately late late late', '', 'unheard'];
  assert.deepEqual(bert.tokenize(texts[0]!), [2, 4, 5, 6, 7, 10, 3]);
  assert.deepEqual(bert.tokenize('lately unheard'), [2, 7, 8, 1, 3]);
  const vectors = await bert.embed(texts);
  for (const [i, text] of texts.entries()) {
    const expected = referenceVector(weights, bert.tokenize(text));
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

const roots = [
  process.env.UNDERSTUDY_WEIGHTS ?? '',
  join(import.meta.dirname, '../../../.understudy/weights'),
];
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
