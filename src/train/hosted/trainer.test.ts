/** The hosted trainer against a provider that follows the published schemas, over real HTTP. */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { trainerContract, wordExamples } from '../../../test/contracts/trainer.ts';
import {
  type FineTuningProvider,
  type ProviderScript,
  startFineTuningProvider,
} from '../../../test/support/fine-tuning-provider.ts';
import type { UnderstudyError } from '../../core/errors.ts';
import type { Trainer, TrainingJob } from '../../core/runtime.ts';
import { type HostedOptions, hostedTrainer } from './trainer.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-hosted-'));
const providers: FineTuningProvider[] = [];
after(async () => {
  for (const provider of providers) await provider.close();
  rmSync(dir, { recursive: true });
});

async function provide(script: ProviderScript = {}): Promise<FineTuningProvider> {
  const provider = await startFineTuningProvider(script);
  providers.push(provider);
  return provider;
}

const candidate = {
  id: 'c1',
  taskId: 'toy',
  rung: 'hosted',
  base: 'small-model',
  recipe: { epochs: 2 },
} as const;

function trainerAt(provider: FineTuningProvider, more: Partial<HostedOptions> = {}): Trainer {
  const { baseUrl, apiKey, script } = provider;
  const api = script.style ?? 'openai';
  return hostedTrainer({ baseUrl, apiKey, api, model: 'small-model', pollMs: 1, retryMs: 1, ...more });
}

function job(name: string, changes: Partial<TrainingJob> = {}): TrainingJob {
  const examples = { train: wordExamples(), validation: wordExamples().slice(0, 2) };
  return { candidate, kind: 'label', ...examples, dir: join(dir, name), seed: 3, ...changes };
}

for (const style of ['openai', 'together'] as const) {
  const provider = await provide({ style });
  trainerContract(`hosted (${style})`, () => ({
    trainer: trainerAt(provider),
    without: trainerAt(provider, { baseUrl: 'http://127.0.0.1:9/v1' }),
    candidate,
    bounded: false,
    unsupported: [
      { ...candidate, rung: 'lora' },
      { ...candidate, base: 'another-model' },
      { ...candidate, recipe: { epochs: 0.5 } },
      { ...candidate, recipe: style === 'openai' ? { learningRate: 1e-4 } : { learningRateMultiplier: 2 } },
    ],
    repeatable: false,
    saving: null,
  }));
}

test('the provider gets each example once, as a conversation, and the artefact names its model', async () => {
  const provider = await provide();
  const { path } = await trainerAt(provider).train(job('plain'));
  assert.deepEqual(
    provider.files.map(({ name }) => name.replace(/[0-9a-f]{16}/, 'HASH')),
    ['understudy-HASH-train.jsonl', 'understudy-HASH-validation.jsonl'],
  );
  const lines = provider.files[0]!.text.trimEnd().split('\n');
  assert.equal(lines.length, 6);
  assert.deepEqual(JSON.parse(lines[0]!), {
    messages: [
      { role: 'user', content: 'apple' },
      { role: 'assistant', content: 'A' },
    ],
  });
  const [created] = provider.jobs;
  assert.deepEqual(created!.body, {
    model: 'small-model',
    training_file: 'file-1',
    validation_file: 'file-2',
    seed: 3,
    suffix: 'understudy',
    hyperparameters: { n_epochs: 2, batch_size: 'auto', learning_rate_multiplier: 'auto' },
  });
  assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), {
    baseUrl: provider.baseUrl,
    model: `ft:small-model:understudy:${created!.id}`,
    job: created!.id,
  });
});

test('busy, failing and breaking at every step, the provider still gets everything once', async () => {
  const provider = await provide({ queued: 30 });
  const busy = { status: 429, retryAfter: '0' };
  provider.faults.push(
    { route: 'GET /files', what: { status: 503 } },
    { route: 'POST /files', what: busy },
    { route: 'POST /files', what: 'break-after' },
    { route: 'POST /files', what: 'break-before' },
    { route: 'GET /files', what: 'break-before' },
    { route: 'POST /fine_tuning/jobs', what: { status: 429 } },
    { route: 'POST /fine_tuning/jobs', what: 'break-after' },
    { route: 'GET /fine_tuning/jobs/{id}', what: { status: 502, body: '<html>bad gateway</html>' } },
    { route: 'GET /fine_tuning/jobs/{id}', what: 'break-before' },
    { route: 'GET /fine_tuning/jobs/{id}', what: { ...busy, retryAfter: 'Wed, 21 Oct 2015 07:28:00 GMT' } },
    { route: 'GET /fine_tuning/jobs/{id}', what: { status: 200, body: { status: 'running' } } },
    { route: 'GET /fine_tuning/jobs/{id}/events', what: { status: 500 } },
    { route: 'GET /fine_tuning/jobs/{id}/events', what: { status: 200, body: { data: 'no list' } } },
  );
  const artefact = await trainerAt(provider).train(job('faults'));
  assert.deepEqual(provider.faults, []);
  assert.equal(provider.files.length, 2);
  assert.equal(provider.jobs.length, 1);
  assert.equal(artefact.figures.steps, 4);
});

test('a provider that lists nothing is served as well, but nothing is risked twice', async () => {
  const provider = await provide({ bare: true });
  const artefact = await trainerAt(provider).train(job('bare'));
  assert.equal(artefact.figures.examples, 6);
  assert.equal(artefact.figures.steps, undefined);
  provider.faults.push({ route: 'POST /fine_tuning/jobs', what: 'break-after' });
  await assert.rejects(trainerAt(provider).train(job('bare', { seed: 4 })), { code: 'timed-out' });
  assert.equal(provider.jobs.length, 2);
});

test('what was begun before a kill is found again, with the state in the folder and without it', async () => {
  const provider = await provide({ queued: 1_000_000 });
  const program = join(dir, 'killed.ts');
  const module = (path: string): string => JSON.stringify(join(import.meta.dirname, path));
  writeFileSync(
    program,
    `import { hostedTrainer } from ${module('trainer.ts')};
    process.once('message', ({ options, job }) => hostedTrainer(options).train(job));`,
  );
  const { baseUrl, apiKey } = provider;
  const child = fork(program, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const options = { baseUrl, apiKey, model: 'small-model', pollMs: 1, retryMs: 1 };
  child.send({ options, job: job('killed') });
  while ((provider.jobs[0]?.looks ?? 0) < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
  assert.equal(provider.jobs[0]!.cancelled, false);

  provider.script = { queued: 0 };
  const artefact = await trainerAt(provider).train(job('killed'));
  assert.ok(artefact.path.startsWith(join(dir, 'killed')));
  await trainerAt(provider).train(job('a folder that knows nothing'));
  assert.equal(provider.files.length, 2);
  assert.equal(provider.jobs.length, 1);
});

test('told to stop, it tells the provider; started again, the files are used again', async () => {
  const provider = await provide({ queued: 1_000_000 });
  const controller = new AbortController();
  const stopped = trainerAt(provider).train(
    job('stopped'),
    ({ note }) => {
      if (note?.startsWith('queued')) controller.abort();
    },
    controller.signal,
  );
  await assert.rejects(stopped, { code: 'cancelled' });
  assert.equal(provider.jobs[0]!.cancelled, true);
  provider.script = {};
  await trainerAt(provider).train(job('stopped'));
  assert.equal(provider.files.length, 2);
  assert.equal(provider.jobs.length, 2);
});

test('told to stop while the job is being ordered, it stops the job that came of it', async () => {
  const provider = await provide();
  const create = 'POST /fine_tuning/jobs';
  provider.faults.push({ route: create, what: 'hang-after' });
  const controller = new AbortController();
  const stopped = trainerAt(provider).train(job('ordering'), undefined, controller.signal);
  while (provider.jobs.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  controller.abort();
  await assert.rejects(stopped, { code: 'cancelled' });
  assert.equal(provider.jobs[0]!.cancelled, true);
});

test('failures are told with what to do, and a failed job can be started again', async () => {
  const provider = await provide({ ends: 'failed' });
  const trainer = trainerAt(provider);
  const fails = async (name: string, code: string, message: RegExp): Promise<void> =>
    assert.rejects(trainer.train(job(name)), (error: UnderstudyError) => {
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.ok(error.hint !== '' && !error.message.includes(provider.apiKey));
      return true;
    });
  await fails('failed', 'internal', /broke down/);
  provider.script = {};
  await trainer.train(job('failed'));
  assert.equal(provider.files.length, 2);
  assert.equal(provider.jobs.length, 2);

  const create = 'POST /fine_tuning/jobs';
  const error = {
    message: 'Model small-model is not available for fine-tuning.',
    code: 'model_not_available',
  };
  provider.jobs.length = 0;
  provider.faults.push({ route: create, what: { status: 400, body: { error } } });
  await fails('refused', 'unsupported', /not available for fine-tuning/);
  const broke = { message: 'You exceeded your current quota.', code: 'insufficient_quota' };
  provider.faults.push({ route: create, what: { status: 429, body: { error: broke } } });
  await fails('refused', 'unavailable', /quota/);
  for (let i = 0; i < 15; i++)
    provider.faults.push({ route: create, what: { status: 429, retryAfter: '0' } });
  await fails('refused', 'overloaded', /refused/);
  provider.faults.push({ route: create, what: { status: 200, body: { id: 7 } } });
  await fails('refused', 'unsupported', /cannot be read/);
  await assert.rejects(trainerAt(provider, { apiKey: 'wrong' }).train(job('key', { seed: 5 })), {
    code: 'unavailable',
    hint: 'Check train.hosted.apiKey.',
  });
});

test('while the provider hangs, it can be told to stop', async () => {
  const provider = await provide();
  provider.faults.push({ route: 'GET /files', what: 'hang-before' });
  const controller = new AbortController();
  const hanging = trainerAt(provider).train(job('hanging'), undefined, controller.signal);
  while (provider.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  controller.abort();
  await assert.rejects(hanging, { code: 'cancelled' });
});
