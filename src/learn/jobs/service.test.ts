/** Jobs and their processes, with a process whose learning is ten steps that a test can see. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../../../test/support/calls.ts';
import { exampleJob } from '../../../test/support/jobs.ts';
import { until } from '../../../test/support/started.ts';
import { configSchema } from '../../core/config.ts';
import { type Job, type JobState, spentBy } from '../../core/job.ts';
import { openStorage } from '../../setup/data-folder.ts';
import { cancelJob } from './control.ts';
import { startLearning } from './service.ts';

const WAIT_MS = 30_000;

async function service(t: TestContext, behaviour = '', budget: { cpuMinutesADay?: number } = {}) {
  const dataDir = temporaryFolder();
  if (behaviour !== '') writeFileSync(join(dataDir, 'behaviour'), behaviour);
  const config = configSchema.parse({
    dataDir,
    redaction: { finder: 'off' },
    learn: { everySeconds: 3600, budget },
  });
  const { store, close } = await openStorage(config, { env: {} });
  const log: string[] = [];
  const open = () =>
    startLearning({
      config,
      env: process.env,
      weightsDir: dataDir,
      tickMs: 20,
      log: (line) => log.push(line),
      program: resolve(import.meta.dirname, '../../../test/support/stepping-job.ts'),
      open: () => openStorage(config, { env: {}, busyTimeoutMs: 0, durable: false }),
    });
  let running = open();
  t.after(async () => {
    await running.close();
    await close();
  });
  const job = async (): Promise<Job> => (await store.job('j1'))!;
  const path = join(dataDir, 'steps');
  const steps = (): string[] => (existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []);
  return {
    store,
    log,
    job,
    steps,
    is: (state: JobState) => until(`state ${state}`, WAIT_MS, async () => (await job()).state === state),
    at: (step: number) =>
      until(`step ${step}`, WAIT_MS, async () => steps().length >= step && (await job()).pid),
    end: () => running.close(),
    again: () => {
      running = open();
    },
  };
}

test('a job whose process is killed resumes where it was, with its history on record', async (t) => {
  const { store, steps, job, at, is } = await service(t);
  await store.addJob(exampleJob('j1', { trigger: 'by-hand' }));
  const pid = (await at(3)) as number;
  process.kill(pid, 'SIGKILL');
  await is('done');
  const { starts, crashes, result, progress, endedAt, spent } = await job();
  assert.deepEqual([starts, crashes, progress], [2, 1, null]);
  assert.ok(result && result.tasks.length > 0 && endedAt !== null);
  assert.ok(spentBy({ spent }).cpuMinutes > 0);
  assert.equal(steps().length, 10, 'no step is done twice');
  assert.equal(new Set(steps()).size, 2);
  // Its end is told after it is there.
  const events = await until('the last event', WAIT_MS, async () => {
    const told = await store.events({ subject: 'j1' });
    return told.length > 3 && told;
  });
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['job-started', 'job-interrupted', 'job-started', 'job-ended'],
  );
  assert.ok(events.slice(1).every(({ detail }) => typeof detail.reason === 'string' && detail.reason !== ''));
});

test('a job waits where the program is stopped, and another start of it goes on', async (t) => {
  const { store, steps, job, at, is, end, again } = await service(t);
  await store.addJob(exampleJob('j1'));
  await at(2);
  await end();
  const { state, pid, crashes, note } = await job();
  assert.deepEqual([state, pid, crashes], ['queued', null, 0]);
  assert.match(note ?? '', /resumes/);
  again();
  await is('done');
  assert.equal(steps().length, 10);
});

test('a job found running whose process is gone is taken up; a command that is gone is not', async (t) => {
  const { store, is } = await service(t);
  const gone = { state: 'running', pid: 2 ** 22 - 1, heartbeatAt: Date.now(), starts: 1 } as const;
  await store.addJob(exampleJob('command', { ...gone, trigger: 'command' }));
  await store.addJob(exampleJob('j1', gone));
  await is('done');
  assert.equal((await store.job('command'))?.state, 'failed');
});

test('a job is cancelled while it runs, also where its process is deaf to it', async (t) => {
  for (const behaviour of ['', 'hangs']) {
    const { store, is, at, job, steps } = await service(t, behaviour);
    await store.addJob(exampleJob('j1'));
    await at(3);
    const asked = await cancelJob(store, 'j1', { by: 'a test', now: Date.now() });
    assert.equal(asked.state, 'running');
    await is('cancelled');
    assert.equal((await job()).pid, null);
    assert.ok(steps().length < 10);
  }
});

test('one job runs at a time, in the order in which they came, and a waiting one is cancelled at once', async (t) => {
  const { store, is, at } = await service(t);
  for (const id of ['j1', 'j2', 'j3']) await store.addJob(exampleJob(id));
  await at(1);
  const running = await store.jobs({ states: ['running'] });
  assert.deepEqual(
    running.map(({ id }) => id),
    ['j1'],
  );
  assert.equal((await cancelJob(store, 'j3', { by: 'a test', now: 1 })).state, 'cancelled');
  await is('done');
  await until('j2', WAIT_MS, async () => (await store.job('j2'))?.state === 'done');
  assert.equal((await store.job('j3'))?.starts, 0);
});

test('a job that uses up the day waits for the next, with a reason', async (t) => {
  const { store, is, at, job } = await service(t, 'hangs', { cpuMinutesADay: 0.0001 });
  await store.addJob(exampleJob('j1'));
  await at(1).catch(() => undefined);
  await is('queued');
  const { notBefore, note, crashes } = await job();
  assert.ok(notBefore > Date.now() && notBefore % 86_400_000 === 0);
  assert.match(note ?? '', /processor time/);
  assert.equal(crashes, 0);
});

test('what fails says why, and is not tried again by itself', async (t) => {
  const { store, is, job, log } = await service(t, 'fails');
  await store.addJob(exampleJob('j1'));
  await is('failed');
  const { note, starts } = await job();
  assert.deepEqual([note, starts], ['The loss is no number. Try again.', 1]);
  await until('the line', WAIT_MS, async () => log.some((line) => /failed: The loss/.test(line)));
});
