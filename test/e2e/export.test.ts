/**
 * `understudy export` on a data folder: the exported adapter is the one that was evaluated, shown by running it; datasets are
 * as stored; each export is on record first.
 */
import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { findTasks } from '../../src/cluster/tasks.ts';
import { buildProgram } from '../../src/commands/program.ts';
import { loadConfig } from '../../src/core/config.ts';
import type { Artefact, Prediction, Specialist } from '../../src/core/specialist.ts';
import type { Store } from '../../src/core/store.ts';
import type { TrailEntry } from '../../src/core/trail.ts';
import { startModels } from '../../src/runtime/models.ts';
import { embeddedTrainer } from '../../src/train/embedded/trainer.ts';
import { openUnderstudy } from '../../src/understudy.ts';
import { wordExamples } from '../contracts/trainer.ts';
import { temporaryFolder } from '../support/calls.ts';
import { keptTerminal } from '../support/terminal.ts';
import { writeTinyModel } from '../support/tiny-gguf.ts';

const cwd = temporaryFolder();
const base = join(cwd, 'tiny.gguf');
const dataDir = join(cwd, '.understudy');
const train = wordExamples().map((example) => ({
  ...example,
  answer: `{"letter":"${example.answer}","n":1}`,
}));
let artefact: Artefact;

/** Runs a command line as it would be typed in the folder; its result, from --json. */
async function run(...words: string[]): Promise<Record<string, unknown>> {
  const { terminal, said } = keptTerminal(cwd);
  await buildProgram(terminal).parseAsync([...words, '--json'], { from: 'user' });
  return JSON.parse(said.out) as Record<string, unknown>;
}

async function withStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
  const understudy = await openUnderstudy({ config: config(), log: () => {} });
  try {
    return await work(await understudy.store());
  } finally {
    await understudy.close();
  }
}

const config = () => ({ ...loadConfig({ dir: cwd, env: {} }), dataDir });
const trail = (): Promise<TrailEntry[]> => withStore((store) => store.trail(0, 1000));

function specialist(taskId: string): Specialist {
  const rate = { hits: 9, n: 10, share: 0.9, low: 0.55, high: 0.99 };
  return {
    id: 's1',
    taskId,
    version: 1,
    kind: 'json',
    artefact,
    createdAt: 1,
    candidate: { id: 'c1', taskId, rung: 'lora', base: 'tiny', recipe: { rank: 8, alpha: 16 } },
    confidence: { signals: ['sequence'], weights: [1], bias: 0 },
    evidence: {
      datasetId: 'd1',
      calibration: { accuracy: rate, curve: [] },
      exam: { accuracy: rate, coverage: rate, servedError: rate, curve: [], fieldScore: null, uses: 1 },
      gate: {
        passed: true,
        threshold: 0.9,
        epsilon: 0.02,
        delta: 0.05,
        served: 200,
        errors: 0,
        n: 240,
        pValue: 0.017,
        reason: 'no error among 200',
        moreCalls: null,
      },
      selfAgreement: null,
      latencyMs: { p50: 1, p95: 2 },
    },
  };
}

before(async () => {
  writeFileSync(join(cwd, 'understudy.yaml'), 'redaction: { finder: "off" }\n');
  writeTinyModel(base);
  await run('models', 'add', 'tiny', '--file', base, '--licence', 'Apache-2.0');
  const line = (n: number): string =>
    JSON.stringify({
      messages: [
        { role: 'system', content: 'Sort the mail of the shop into one label.' },
        { role: 'user', content: `Where is parcel ${n}? Write to anna.${n}@lindqvist-post.se` },
        { role: 'assistant', content: n % 3 === 0 ? 'refund' : 'delivery' },
      ],
    });
  writeFileSync(join(cwd, 'calls.jsonl'), Array.from({ length: 120 }, (_, n) => `${line(n)}\n`).join(''));
  await run('import', 'calls.jsonl');
  artefact = await embeddedTrainer({ basePath: async () => base, threads: 1 }).train({
    candidate: {
      id: 'c1',
      taskId: 'toy',
      rung: 'lora',
      base: 'tiny',
      recipe: { rank: 8, alpha: 16, learningRate: 0.02, batch: 3, epochs: 60 },
    },
    kind: 'json',
    train,
    validation: [],
    dir: join(dataDir, 'training'),
    seed: 3,
  });
  const understudy = await openUnderstudy({ config: config(), log: () => {} });
  const { tasks } = findTasks(await Array.fromAsync(understudy.calls()), []);
  const store = await understudy.store();
  await store.putTasks(tasks.map((task) => ({ ...task, name: 'sort mail' })));
  await store.addSpecialist(specialist(tasks[0]!.id));
  await understudy.close();
});
after(() => rmSync(cwd, { recursive: true, force: true }));

/** What an adapter says to the examples, as llama.cpp computes it. */
async function said(path: string): Promise<Omit<Prediction, 'ms'>[]> {
  const { llama, close } = await startModels({ language: { name: 'tiny', path: base }, threads: 1 });
  try {
    const all: Omit<Prediction, 'ms'>[] = [];
    for (const { input } of train) {
      const { ms: _, ...prediction } = await llama!.predict({ ...artefact, path }, input);
      all.push(prediction);
    }
    return all;
  } finally {
    await close();
  }
}

test('the exported adapter answers as the one that was evaluated, with the same probabilities', async () => {
  const report = await run('export', 'specialist', 'sort mail', '--out', 'out');
  assert.deepEqual([report.sha256, report.version], [artefact.sha256, 1]);
  const dir = join(cwd, 'out');
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' });
  const wanted = [
    'README.md',
    'adapter.gguf',
    'peft/adapter_config.json',
    'peft/adapter_model.safetensors',
    'specialist.json',
  ];
  for (const name of wanted) {
    assert.ok(files.includes(name), name);
    assert.equal(statSync(join(dir, name)).mode & 0o077, 0, name);
  }
  const exported = await said(join(dir, 'adapter.gguf'));
  assert.deepEqual(exported, await said(artefact.path));
  assert.deepEqual(
    exported.map(({ answer }) => answer),
    train.map(({ answer }) => answer),
  );
  // What runs an adapter works it into a copy of its base.
  const copies = readdirSync(join(cwd, 'merged')).filter((name) => name.endsWith('.gguf'));
  assert.ok(copies.length > 0);
  await run('export', 'specialist', 'sort mail', '--out', 'one', '--format', 'merged');
  const merged = readFileSync(join(cwd, 'one', 'merged.gguf'));
  for (const name of copies) assert.ok(merged.equals(readFileSync(join(cwd, 'merged', name))), name);
  assert.deepEqual(readdirSync(join(cwd, 'one')).sort(), ['README.md', 'merged.gguf', 'specialist.json']);
  const about = JSON.parse(readFileSync(join(dir, 'specialist.json'), 'utf8')) as Record<string, unknown>;
  assert.deepEqual(about.answerKeys, ['letter', 'n']);
  assert.deepEqual(about.prompt, {
    text: '<|im_start|>user\n{input}<|im_end|>\n<|im_start|>assistant\n',
    stop: '<|im_end|>',
  });
  const last = (await trail()).at(-1);
  assert.deepEqual(
    [last?.action, last?.subject, last?.actor.kind],
    ['specialist-exported', 'sort mail', 'user'],
  );
});

test('an adapter that is not the one that was proved is not exported', async () => {
  const whole = readFileSync(artefact.path);
  const entries = (await trail()).length;
  appendFileSync(artefact.path, 'x');
  try {
    await assert.rejects(run('export', 'specialist', 'sort mail', '--out', 'changed'), { code: 'corrupt' });
  } finally {
    writeFileSync(artefact.path, whole);
  }
  assert.ok(!existsSync(join(cwd, 'changed')));
  assert.equal((await trail()).length, entries);
});

test('a dataset is exported as it is stored, to its owner alone, and on record', async () => {
  const report = await run('export', 'dataset', 'sort mail', '--format', 'sharegpt');
  const file = String(report.file);
  const text = readFileSync(file, 'utf8');
  const records = text.trim().split('\n');
  assert.equal(records.length, report.examples);
  assert.ok(records.length > 10);
  assert.ok(!text.includes('lindqvist'), 'an address stands in the file');
  assert.match(text, /Where is parcel/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const last = (await trail()).at(-1);
  assert.equal(last?.action, 'dataset-exported');
  assert.deepEqual([last?.detail.examples, last?.detail.file], [records.length, file]);
  const all = await run('export', 'dataset', 'sort mail', '--out', 'all.jsonl', '--split', 'train', 'exam');
  assert.ok(Number(all.examples) > records.length);
});

test('what is there already stays, and nothing is put on record for it', async () => {
  await run('export', 'dataset', 'sort mail', '--out', 'once.jsonl');
  const entries = (await trail()).length;
  await assert.rejects(run('export', 'dataset', 'sort mail', '--out', 'once.jsonl'), { code: 'bad-input' });
  await assert.rejects(run('export', 'dataset', 'no task'), { code: 'not-found' });
  await assert.rejects(run('export', 'specialist', 'sort mail', '--specialist', '9', '--out', 'no'), {
    code: 'not-found',
  });
  assert.equal((await trail()).length, entries);
  await run('export', 'dataset', 'sort mail', '--out', 'once.jsonl', '--force');
});
