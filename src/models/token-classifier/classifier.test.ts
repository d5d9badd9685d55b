/** The classifier's graph against the encoder's, its windows and its manners on any text; the real weights where they are. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { TINY_WORDS, writeTinyClassifier } from '../../../test/support/tiny-token-classifier.ts';
import { seededRandom } from '../../core/random.ts';
import { bertGraph } from '../encoder/bert-graph.ts';
import { readOnnx } from '../formats/onnx-read.ts';
import { openTokenClassifier } from './classifier.ts';
import { classifierGraph } from './graph.ts';
import { MODEL_FILE, readClassifier } from './weights.ts';

/** Of the tiny vocabulary, one piece each. */
const WORDS = ['maria', 'lives', 'here', '1', ','];

const dir = mkdtempSync(join(tmpdir(), 'understudy-classifier-'));
after(() => rmSync(dir, { recursive: true }));
writeTinyClassifier(dir);

const ids = [2, 6, 7, 8, 9, 5, 10, 11, 4, 3];
const positions = new Tensor('int64', BigInt64Array.from(ids.keys(), BigInt), [ids.length]);
const input = new Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]);

async function logitsOf(precision: 'int8' | 'float32'): Promise<Float32Array> {
  const { config, tensors } = readClassifier(dir);
  const session = await InferenceSession.create(
    classifierGraph(config, tensors, precision, { from: 0, to: config.layers }),
  );
  const { logits } = await session.run({ ids: input, positions });
  await session.release();
  return logits!.data as Float32Array;
}

test('the graph gives the encoder’s states through the last layer', async () => {
  const { config, tensors } = readClassifier(dir);
  const session = await InferenceSession.create(bertGraph(config, tensors));
  const { states } = await session.run({
    ids: input,
    positions,
    lengths: new Tensor('int32', [ids.length], [1]),
  });
  await session.release();
  const { data: weight } = tensors.get('classifier.weight')!;
  const { data: bias } = tensors.get('classifier.bias')!;
  const logits = await logitsOf('float32');
  const rows = states!.data as Float32Array;
  const n = config.labels.length;
  logits.forEach((value, at) => {
    const [row, label] = [Math.floor(at / n), at % n];
    let exact = bias[label]!;
    for (let i = 0; i < config.hidden; i++)
      exact += rows[row * config.hidden + i]! * weight[label * config.hidden + i]!;
    assert.ok(Math.abs(value - exact) < 1e-4, `${at}: ${value} ${exact}`);
  });
});

test('8-bit products give nearly the logits of float32', async () => {
  const [exact, near] = [await logitsOf('float32'), await logitsOf('int8')];
  const size = Math.sqrt(exact.reduce((sum, value) => sum + value * value, 0) / exact.length);
  const off = Math.sqrt(exact.reduce((sum, value, i) => sum + (value - near[i]!) ** 2, 0) / exact.length);
  assert.ok(off > 0 && off < 0.1 * size, `${off} of ${size}`);
});

test('4-bit weights are read with their blocks’ scales', () => {
  const { tensors } = readClassifier(dir);
  const graph = readOnnx(readFileSync(join(dir, MODEL_FILE)));
  const name = 'bert.encoder.layer.1.output.dense';
  const [packed, scales] = [graph.tensors.get(`${name}_Q4`)!, graph.tensors.get(`${name}_scales`)!];
  const { dims, data } = tensors.get('encoder.layer.1.output.dense.weight')!;
  assert.deepEqual(dims, [32, 64]);
  const scale = new DataView(scales.bytes.buffer, scales.bytes.byteOffset);
  // Row 3, column 37: the second block, lower half first.
  const byte = packed.bytes[3 * 32 + 18]!;
  assert.equal(data[3 * 64 + 37], Math.fround(((byte >> 4) - 8) * scale.getFloat32((3 * 2 + 1) * 4, true)));
});

test('a file that is cut off or no graph is corrupt, one that is missing unavailable', async () => {
  const bad = join(dir, 'bad');
  writeTinyClassifier(bad);
  truncateSync(join(bad, MODEL_FILE), 5000);
  await assert.rejects(openTokenClassifier(bad), { code: 'corrupt' });
  writeFileSync(join(bad, MODEL_FILE), 'not a graph');
  await assert.rejects(openTokenClassifier(bad), { code: 'corrupt' });
  writeFileSync(join(bad, 'config.json'), '{}');
  await assert.rejects(openTokenClassifier(bad), { code: 'corrupt' });
  await assert.rejects(openTokenClassifier(join(dir, 'none')), { code: 'unavailable' });
});

test('any bytes are a graph or corrupt', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      try {
        readOnnx(bytes);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'corrupt');
      }
    }),
  );
});

test('any text gives entities in order and in the text, and the same alone as among others', async () => {
  const finder = await openTokenClassifier(dir);
  const word = fc.oneof(
    fc.constantFrom(...TINY_WORDS, 'Maria', '12', '\ud800', '\n'),
    fc.string({ unit: 'binary' }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(word, { maxLength: 120 }).map((parts) => parts.join(' '))),
      async (texts) => {
        const all = await finder.find(texts);
        assert.equal(all.length, texts.length);
        for (const [i, text] of texts.entries()) {
          let last = 0;
          for (const { start, end } of all[i]!) {
            assert.ok(start >= last && end > start && end <= text.length);
            last = end;
          }
          assert.deepEqual(await finder.find([text]), [all[i]]);
        }
      },
    ),
    { numRuns: 25 },
  );
  await finder.close();
});

test('the pieces that are read grow as the text does, and texts without letters and digits are not read', async () => {
  let read = 0;
  const finder = await openTokenClassifier(dir, {
    onWindow: (pieces) => {
      read += pieces;
    },
  });
  const readOf = async (text: string): Promise<number> => {
    read = 0;
    await finder.find([text]);
    return read;
  };
  const units = ['Maria lives here. ', 'maria,', '1 2 3\n', 'xyzxyz ', '李', 'a.b.'];
  // Drawn anew each time: windows that are alike are read once.
  const random = seededRandom(4);
  const long = (unit: string, count: number): string =>
    Array.from({ length: count }, () => `${unit}${random.pick(WORDS)} ${random.pick(WORDS)}`).join('');
  for (const unit of units) {
    const [small, large] = [await readOf(long(unit, 100)), await readOf(long(unit, 1000))];
    assert.ok(large <= 11 * small && large >= 100, `${unit}: ${small} ${large}`);
  }
  assert.equal(await readOf(' '.repeat(1e6)), 0);
  assert.equal(await readOf('. - \n'.repeat(1e5)), 0);
  assert.equal(await readOf('x'.repeat(1e6)), 3);
  await finder.close();
});

test('what was read lately is not read again, and gives the same', async () => {
  let read = 0;
  const finder = await openTokenClassifier(dir, {
    onWindow: () => {
      read++;
    },
  });
  const random = seededRandom(6);
  const words = (): string => Array.from({ length: 8 }, () => random.pick(WORDS)).join(' ');
  const lines = Array.from({ length: 60 }, words);
  const [first] = await finder.find([lines.join('\n')]);
  const once = read;
  assert.ok(once > 10);
  assert.deepEqual(await finder.find([lines.join('\n')]), [first]);
  assert.equal(read, once);
  await finder.find([`here\n${lines.join('\n')}`]);
  assert.ok(read - once < once / 2, `${read - once} of ${once}`);
  await finder.close();
});

const roots = [
  process.env.UNDERSTUDY_WEIGHTS ?? '',
  join(import.meta.dirname, '../../../.understudy/weights'),
];
const real = roots.map((root) => join(root, 'rampart')).find((path) => existsSync(path));
const skip = real === undefined ? 'no weights of rampart here (`understudy doctor --fetch`)' : false;

test('Rampart finds people, streets and numbers in seven languages', { skip }, async () => {
  const finder = await openTokenClassifier(real!);
  const expected: readonly (readonly [string, readonly string[]])[] = [
    ['My name is Alex Rivera, call me on (415) 555-0134.', ['person Alex Rivera', 'phone (415) 555-0134']],
    [
      'Ich heiße Jürgen Müller-Schöps und wohne in der Hauptstraße 12, 80331 München.',
      ['person Jürgen Müller-Schöps', 'address Hauptstraße 12, 80331 München'],
    ],
    [
      'Bonjour, je suis Amélie Lefèvre, 14 rue de la Paix, 75002 Paris.',
      ['person Amélie Lefèvre', 'address 14 rue de la Paix, 75002 Paris'],
    ],
    [
      'Hola, soy José García Hernández, mi DNI es 12345678Z.',
      ['person José García Hernández', 'national-id 12345678Z'],
    ],
    ['Buongiorno, mi chiamo Giulia Bianchi.', ['person Giulia Bianchi']],
    [
      'O meu nome é Tiago Ferreira, moro na Rua das Flores, 12.',
      ['person Tiago Ferreira', 'address Rua das Flores, 12'],
    ],
    ['Mijn naam is Sanne Bakker, Kerkstraat 8.', ['person Sanne Bakker', 'address Kerkstraat 8']],
    [
      '{"name":"Zo\\u00eb Carter","note":"Ann Lee\\nBob Cole"}',
      ['person Zo\\u00eb Carter', 'person Ann Lee', 'person Bob Cole'],
    ],
    ['The Paris office opened in May; order 48213377 is on its way to Berlin.', []],
    ['const total = items.reduce((sum, item) => sum + item.price, 0);', []],
  ];
  const all = await finder.find(expected.map(([text]) => text));
  await finder.close();
  for (const [i, [text, entities]] of expected.entries())
    assert.deepEqual(
      all[i]!.map(({ start, end, kind }) => `${kind} ${text.slice(start, end)}`),
      entities,
    );
});
