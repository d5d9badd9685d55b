import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/calls.ts';
import { MASTER_KEY } from '../../../test/support/data-folder.ts';
import { exampleJob } from '../../../test/support/jobs.ts';
import { openKeys } from '../../capture/vault.ts';
import type { Served } from '../../core/call.ts';
import { configSchema } from '../../core/config.ts';
import type { Deployment, StageChange } from '../../core/deployment.ts';
import { dayOf, type JobTask } from '../../core/job.ts';
import type { StoredCall } from '../../core/store.ts';
import type { Task } from '../../core/task.ts';
import { openSqliteStore } from '../../store/sqlite/store.ts';
import { parseStat } from './cpu-time.ts';
import { whatIsDue } from './due.ts';
import { readFacts } from './facts.ts';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 4, 8, 12);
const config = configSchema.parse({ learn: { mode: 'auto' } });
const disk = async () => ({ trainingBytes: 5, freeBytes: 1e12 });

async function world() {
  const { cipher } = openKeys({ dataDir: temporaryFolder(), env: MASTER_KEY });
  const store = openSqliteStore(':memory:', cipher);
  await store.putTasks([{ id: 't1', name: 'triage', calls: 40 } as Task]);
  let made = 0;
  const about = { id: 'about', day: '2026-05-01', sealed: new Uint8Array(1) };
  const calls = (n: number, at: number, served: Partial<Served> = {}): Promise<number> =>
    store.addCalls(
      Array.from(
        { length: n },
        (): StoredCall => ({
          id: `c${++made}`,
          at,
          sessionId: '',
          origin: '',
          stream: false,
          status: 200,
          latencyMs: 1,
          promptTokens: 1,
          completionTokens: 1,
          cachedTokens: 0,
          served: { by: 'llm', reason: 'no-specialist', ...served },
          aboutPart: 'about',
          requestParts: [],
          responsePart: null,
        }),
      ),
      [about],
    );
  const facts = () => readFacts(store, config, NOW, disk);
  return { store, calls, facts };
}

const tried = (outcome: JobTask['outcome'], calls: number): JobTask => ({
  id: 't1',
  name: 'triage',
  calls,
  outcome,
  deployed: outcome === 'passed',
  reason: '',
  moreCalls: 7,
});
const run = (id: string, at: number, calls: number, task: JobTask) =>
  exampleJob(id, {
    state: 'done',
    createdAt: at,
    endedAt: at + HOUR,
    seen: { calls, feedback: 0, at },
    result: { calls, seconds: 1, tasks: [task], notes: [] },
  });

test('what is new is counted from the beginning of the last run, without what specialists served', async () => {
  const { store, calls, facts } = await world();
  await calls(40, NOW - 30 * HOUR, { taskId: 't1' });
  await calls(10, NOW - 30 * HOUR);
  await store.addJob(run('j1', NOW - 20 * HOUR, 50, tried('refused', 40)));
  await store.addJob(exampleJob('j2', { state: 'cancelled', endedAt: NOW, result: null }));
  await calls(3, NOW - HOUR, { taskId: 't1' });
  await calls(9, NOW - HOUR, { taskId: 't1', by: 's1', reason: 'confident' });
  // Imported: of long ago, and new all the same.
  await calls(6, NOW - 900 * HOUR);
  const { tasks, unassigned, calls: all, lastRun } = await facts();
  assert.deepEqual([all, unassigned], [59, 6]);
  assert.deepEqual(lastRun, { at: NOW - 19 * HOUR, calls: 50, failures: 0 });
  assert.equal(tasks[0]?.newCalls, 3);
  assert.deepEqual(tasks[0]?.lastTry, {
    at: NOW - 20 * HOUR,
    calls: 40,
    outcome: 'refused',
    moreCalls: 7,
    recent: 1,
  });
});

test('a rollback and an alarm count until the task is tried again, and a person’s word is none', async () => {
  const { store, calls, facts } = await world();
  const deployment = (id: string, at: number, end: Partial<StageChange>): Deployment => ({
    id,
    taskId: 't1',
    specialistId: `s-${id}`,
    stage: end.stage ?? 'retired',
    threshold: 0.9,
    history: [
      { stage: 'live', at: at - HOUR, reason: '' },
      { stage: 'retired', at, reason: '9 of 40 differ', ...end },
    ],
  });
  const numbers = {
    comparisons: 40,
    errors: 9,
    recent: { comparisons: 40, errors: 9 },
    margin: 0.02,
    evidence: 30,
  };
  await store.putDeployment(deployment('d1', NOW - 50 * HOUR, { numbers }), null);
  await store.putDeployment(deployment('d2', NOW - 10 * HOUR, { numbers }), null);
  await store.addEvent({
    id: 'e1',
    at: NOW - 9 * HOUR,
    kind: 'task-changed',
    subject: 't1',
    detail: { reason: 'less is served', since: NOW - 9.5 * HOUR },
  });
  await calls(4, NOW - 9 * HOUR, { taskId: 't1' });
  const [before] = (await facts()).tasks;
  assert.deepEqual(before?.rollback, { at: NOW - 10 * HOUR, calls: 4, reason: '9 of 40 differ', times: 2 });
  const { missing, ...change } = before.change!;
  assert.deepEqual(change, { at: NOW - 9 * HOUR, calls: 4, reason: 'less is served' });
  // The epoch has spent the first try: 242 calls without an error at the second, three tenths more for the exam.
  assert.equal(missing, 605 - 4);
  await store.addJob(run('j1', NOW - 8 * HOUR, 4, tried('refused', 4)));
  const [after] = (await facts()).tasks;
  assert.equal(after?.rollback, null);
  assert.ok(after!.change!.at < after!.lastTry!.at);
  await store.putDeployment(deployment('d3', NOW - 2 * HOUR, { reason: 'rejected by Ada' }), null);
  await store.putDeployment(deployment('d4', NOW - HOUR, { reason: 'replaced by version 3', numbers }), null);
  assert.equal((await facts()).tasks[0]?.rollback, null);
});

test('failures in a row hold everything up, and what was spent today is counted over all jobs', async () => {
  const { store, calls, facts } = await world();
  await calls(900, NOW - 3 * HOUR);
  const cost = (cpuMinutes: number) => ({ cpuMinutes, diskBytes: 1, dollars: 0.1 });
  const yesterday = dayOf(NOW - 24 * HOUR);
  for (const id of ['j1', 'j2'])
    await store.addJob(
      exampleJob(id, {
        state: 'failed',
        endedAt: NOW - HOUR,
        spent: { [yesterday]: cost(100), [dayOf(NOW)]: cost(5) },
      }),
    );
  const read = await facts();
  assert.equal(read.lastRun?.failures, 2);
  assert.deepEqual(read.spentToday, { cpuMinutes: 10, diskBytes: 2, dollars: 0.2 });
  assert.match(whatIsDue(read, config.learn, NOW).reason, /the last 2 runs failed/);
  assert.notEqual(whatIsDue(read, config.learn, NOW + 3 * HOUR).job, null);
});

test('the times of a process are read whatever its name', () => {
  const line = '77 (a (b) 9) S 12 1 1 0 -1 4194304 9 0 0 0 150 30 7 3 20 0 1 0 99';
  assert.deepEqual(parseStat(line), { parent: 12, ticks: 190 });
  assert.equal(parseStat(''), null);
});

test('what models at providers took for held-back calls today is part of the day’s money, and nothing else that is paid is', async () => {
  const { store, facts } = await world();
  const charge = { model: 'm', requests: 1, promptTokens: 1, completionTokens: 1, unpriced: 0 } as const;
  const day = dayOf(NOW);
  await store.addCharges([
    { ...charge, day, for: 'learning', dollars: 0.25 },
    { ...charge, day, for: 'judge', dollars: 4 },
    { ...charge, day, for: 'serving', dollars: 8 },
    { ...charge, day: dayOf(NOW - 24 * HOUR), for: 'learning', dollars: 16 },
  ]);
  assert.equal((await facts()).spentToday.dollars, 0.25);
});
