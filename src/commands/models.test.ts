import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type HubServer, startHubServer } from '../../test/support/hub-server.ts';
import { keptTerminal } from '../../test/support/terminal.ts';
import { writeTinyModel } from '../../test/support/tiny-gguf.ts';
import { messageOf } from '../core/errors.ts';
import { CATALOGUE } from '../models/weights/catalogue.ts';
import type { ModelRow } from '../report/models.ts';
import { buildProgram } from './program.ts';

const root = mkdtempSync(join(tmpdir(), 'understudy-models-'));
let hub: HubServer;
before(async () => {
  const path = join(root, 'tiny.gguf');
  writeTinyModel(path);
  hub = await startHubServer({ 'maker/tiny-GGUF': { files: { 'tiny-Q8_0.gguf': readFileSync(path) } } });
});
after(async () => {
  await hub.close();
  rmSync(root, { recursive: true });
});

interface Run {
  readonly out: string;
  readonly err: string;
  /** Of the error that ended it; null where none did. */
  readonly failure: string | null;
}

async function run(...args: string[]): Promise<Run> {
  const { terminal, said } = keptTerminal(root, {
    env: { HF_ENDPOINT: hub.endpoint, HF_HOME: join(root, 'none') },
  });
  try {
    await buildProgram(terminal).parseAsync(['node', 'understudy', 'models', ...args]);
    return { ...said, failure: null };
  } catch (error) {
    return { ...said, failure: messageOf(error) };
  }
}

const rows = async (...args: string[]): Promise<ModelRow[]> =>
  (JSON.parse((await run(...args, '--json')).out) as { models: ModelRow[] }).models;

test('the list has the whole catalogue, by itself and as list', async () => {
  assert.deepEqual(
    (await rows()).map(({ name }) => name),
    CATALOGUE.map(({ name }) => name),
  );
  assert.deepEqual(await rows('list'), await rows());
  for (const { name } of CATALOGUE) assert.ok((await run()).out.includes(name));
});

test('each filter keeps those that are like it, and only those', async () => {
  const all = await rows('list');
  const expected: [string[], (row: ModelRow) => boolean][] = [
    [['--licence', 'apache', 'mit'], ({ license }) => /apache|mit/i.test(license)],
    [['--commercial'], ({ terms }) => terms?.commercial === 'yes'],
    [['--size', '500M'], ({ parameters }) => parameters <= 5e8],
    [['--tools'], ({ tools }) => tools !== 'none'],
    [['--language', 'DE'], ({ languages }) => languages.includes('de') || languages.includes('mul')],
    [['--trained'], ({ trained }) => trained],
    [['--here'], ({ here }) => here],
    [['--kind', 'encoder'], ({ kind }) => kind === 'encoder'],
    [['--tools', '--size', '1B'], ({ tools, parameters }) => tools !== 'none' && parameters <= 1e9],
  ];
  for (const [args, keeps] of expected) {
    const names = (some: readonly ModelRow[]): string[] => some.map(({ name }) => name);
    assert.deepEqual(names(await rows('list', ...args)), names(all.filter(keeps)), args.join(' '));
  }
});

test('a page about a model has its licence’s terms and every score with source and date', async () => {
  const { out } = await run('show', 'qwen3-0.6b');
  for (const part of ['commercial use', 'obligations', 'Qwen/Qwen3-0.6B-GGUF', 'BFCL V4', '2025-12'])
    assert.ok(out.includes(part), part);
  assert.match((await run('show', 'gpt-9')).failure!, /no model gpt-9/);
});

test('a model of the hub is added, shown, fetched, verified and removed', async () => {
  const added = await run(
    'add',
    'mine',
    '--hub',
    'maker/tiny-GGUF',
    '--quantisation',
    'q8_0',
    '--licence',
    'MIT',
  );
  assert.equal(added.failure, null);
  assert.match((await run('add', 'mine', '--hub', 'maker/tiny-GGUF')).failure!, /already/);
  assert.match((await run('add', 'other', '--hub', 'maker/tiny-GGUF')).failure!, /Q4_K_M/);
  const planned = await run('download', 'mine', '--dry-run');
  assert.match(planned.err, /mine: tiny-Q8_0\.gguf, .* from 127\.0\.0\.1:\d+\/maker\/tiny-GGUF/);
  assert.equal((await rows('list', '--here')).length, 0);
  const { out, failure } = await run('download', 'mine');
  assert.equal(failure, null);
  assert.ok(existsSync(out.trim()));
  const [row] = await rows('list', '--here');
  assert.equal(row!.name, 'mine');
  // What the file says of itself is known now.
  assert.equal(row!.architecture, 'llama');
  assert.ok(row!.parameters > 0 && row!.hashes === 'pinned');
  assert.match((await run('verify')).out, /^ok +mine/);
  writeFileSync(out.trim(), 'x');
  assert.match((await run('verify', 'mine')).failure!, /mine/);
  const removed = await run('remove', 'mine');
  assert.equal(removed.failure, null);
  assert.ok(!(await rows()).some(({ name }) => name === 'mine'));
});

test('a file of one’s own is described by what is in it, and stays when it is removed', async () => {
  const path = join(root, 'tiny.gguf');
  assert.equal((await run('add', 'file', '--file', 'tiny.gguf')).failure, null);
  const [row] = await rows('list', '--here');
  assert.deepEqual([row!.architecture, row!.hashes, row!.sources], ['llama', 'stated', [path]]);
  assert.equal((await run('download', 'file')).out.trim(), path);
  await run('remove', 'file');
  assert.ok(existsSync(path));
  for (const wrong of [
    [],
    ['--file', 'nothing.gguf'],
    ['--hub', 'no repository'],
    ['--file', '.', '--hub', 'a/b'],
  ])
    assert.notEqual((await run('add', 'wrong', ...wrong)).failure, null, wrong.join(' '));
});

test('the models that the configuration names are not removed without force', async () => {
  for (const name of ['smollm2-135m-instruct-q4_1', 'all-minilm-l6-v2'])
    assert.match((await run('remove', name)).failure!, /The configuration names/);
  assert.equal((await run('remove', 'smollm2-135m-instruct-q4_1', '--force')).failure, null);
});
