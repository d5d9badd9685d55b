import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { MASTER_KEY } from '../../test/support/data-folder.ts';
import { whyUnproved } from '../callsite/proved.ts';
import { configSchema } from '../core/config.ts';
import type { Deployment, Stage } from '../core/deployment.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { Specialist } from '../core/specialist.ts';
import type { CallSite, Task } from '../core/task.ts';
import { lineageOf, type TaskChange, type TaskDecided } from '../core/task-decision.ts';
import { isTaskName } from '../core/task-name.ts';
import { stop } from '../deploy/control.ts';
import { epochsOf, taskChanged } from '../deploy/epochs.ts';
import { openStorage, type Storage } from '../setup/data-folder.ts';
import { learn } from './pipeline.ts';
import { decideOnTask } from './task-decisions.ts';
import type { LearnContext } from './trial.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'understudy-decisions-'));
let storage: Storage;
let at = 1_000;

const site = (id: string, turn: CallSite['turn'] = 'user'): CallSite => ({
  id,
  system: { pieces: [`the prompt of ${id}`] },
  user: { pieces: ['', ''] },
  toolNames: [],
  formatHash: '',
  turn,
});

const task = (id: string, name: string, sites: readonly CallSite[]): Task => ({
  id,
  name,
  sites,
  kind: 'label',
  labels: ['a'],
  tools: [],
  responseFormat: null,
  calls: 10,
});

const TASKS = [
  task('t1', 'mail', [site('s1')]),
  task('t2', 'post', [site('s2')]),
  task('t3', 'agent', [site('s3'), site('s4', 'tool:find')]),
];

/** As deployed from a proof on the task as it is. */
async function deploy({ id, shapedBy }: Task, stage: Stage): Promise<void> {
  const own = `${id} ${shapedBy ?? ''} ${stage}`;
  const proved = {
    sites: [],
    kind: 'label',
    labels: ['a'],
    tools: null,
    format: null,
    ...(shapedBy ? { shapedBy } : {}),
  };
  await storage.store.addSpecialist({
    id: `spec ${own}`,
    taskId: id,
    version: 1,
    proved,
  } as unknown as Specialist);
  const deployment: Deployment = {
    id: `dep ${own}`,
    taskId: id,
    specialistId: `spec ${own}`,
    stage,
    threshold: 0.5,
    history: [{ stage, at, reason: 'it passed' }],
  };
  await storage.store.putDeployment(deployment, null);
}

const decide = (change: TaskChange): Promise<TaskDecided> =>
  decideOnTask(storage.store, change, {
    by: 'Ada',
    reason: 'I know the agent',
    now: ++at,
    actor: { kind: 'user', name: 'ada' },
  });

const stages = async (): Promise<Record<string, Stage>> =>
  Object.fromEntries((await storage.store.deployments()).map(({ taskId, stage }) => [taskId, stage]));

const codeOf = (change: TaskChange): Promise<string> =>
  decide(change).then(
    () => 'done',
    (error: unknown) => (error instanceof UnderstudyError ? error.code : String(error)),
  );

after(() => rmSync(dataDir, { recursive: true, force: true }));

describe('decideOnTask', () => {
  let n = 0;
  beforeEach(async () => {
    await storage?.close();
    const config = { ...configSchema.parse({}), dataDir: join(dataDir, String(n++)) };
    storage = await openStorage(config, { env: MASTER_KEY });
    await storage.store.putTasks(TASKS);
  });
  after(() => storage.close());

  it('renames: the id stays, what serves stays, and it is on record', async () => {
    await deploy(TASKS[0]!, 'live');
    const done = await decide({ action: 'rename', task: 'mail', name: ' triage ' });
    assert.deepEqual(done.task, { id: 't1', name: 'triage' });
    assert.deepEqual([done.changed, done.suspended], [true, []]);
    assert.deepEqual(await stages(), { t1: 'live' });
    assert.deepEqual((await storage.store.tasks())[0], { ...TASKS[0], name: 'triage' });
    const [event] = await storage.store.events({ kind: 'task-decided' });
    assert.deepEqual([event?.subject, event?.detail.by], ['t1', 'Ada']);
    assert.equal((await storage.store.taskDecisions())[0]?.reason, 'I know the agent');
    assert.equal((await decide({ action: 'rename', task: 't1', name: 'triage' })).changed, false);
    assert.deepEqual(done.inverse, { action: 'rename', task: 't1', name: 'mail' });
  });

  it('merges: one task with the call sites of both, and what served either is suspended', async () => {
    await deploy(TASKS[0]!, 'live');
    await deploy(TASKS[1]!, 'canary');
    await deploy(TASKS[2]!, 'live');
    const done = await decide({ action: 'merge', task: 'mail', from: 'post' });
    assert.deepEqual([...done.suspended].sort(), ['mail', 'post']);
    assert.deepEqual(await stages(), { t1: 'suspended', t2: 'suspended', t3: 'live' });
    const tasks = await storage.store.tasks();
    assert.deepEqual(
      tasks.map(({ id, sites }) => [id, sites.map((each) => each.id).sort()]),
      [
        ['t1', ['s1', 's2']],
        ['t3', ['s3', 's4']],
      ],
    );
    // A gateway asks this of each specialist, so that none that a run deploys late serves either.
    for (const { proved } of await storage.store.specialists('t1'))
      assert.equal(whyUnproved(tasks[0]!, proved), 'a person has merged or split it');
    assert.notEqual(whyUnproved(tasks[0]!, undefined), null, 'nor one of an earlier version');
  });

  it('takes a merge back: the tasks as they were, and what served begins again in shadow', async () => {
    await deploy(TASKS[0]!, 'live');
    await deploy(TASKS[1]!, 'canary');
    const { inverse } = await decide({ action: 'merge', task: 'mail', from: 'post' });
    const back = await decide(inverse!);
    assert.deepEqual(await storage.store.tasks(), TASKS);
    assert.deepEqual([...back.resumed].sort(), ['mail', 'post']);
    assert.deepEqual(back.other, { id: 't2', name: 'post' });
    assert.deepEqual(await stages(), { t1: 'shadow', t2: 'shadow' });
    for (const each of TASKS.slice(0, 2))
      for (const { proved } of await storage.store.specialists(each.id))
        assert.equal(whyUnproved(each, proved), null);
    assert.deepEqual((await decide(back.inverse!)).suspended.length, 2);
  });

  it('leaves suspended what the audits had suspended, when a merge is taken back', async () => {
    await deploy(TASKS[0]!, 'suspended');
    const { inverse } = await decide({ action: 'merge', task: 'mail', from: 'post' });
    assert.deepEqual((await decide(inverse!)).resumed, []);
    assert.deepEqual(await stages(), { t1: 'suspended' });
  });

  it('splits by call sites, suspends what served, retires what waits, and is taken back', async () => {
    await deploy(TASKS[2]!, 'proposed');
    const done = await decide({ action: 'split', task: 'agent', sites: ['s4'] });
    assert.deepEqual(await stages(), { t3: 'retired' });
    assert.equal(done.other?.name, 'agent (2)');
    const tasks = await storage.store.tasks();
    assert.equal(tasks.length, 4);
    assert.deepEqual(
      tasks.find(({ id }) => id === done.other?.id)?.sites.map((each) => each.id),
      ['s4'],
    );
    await decide(done.inverse!);
    assert.deepEqual(await storage.store.tasks(), TASKS);
  });

  it('excludes and includes: what serves keeps its stage, and an excluded task is not merged', async () => {
    await deploy(TASKS[0]!, 'live');
    const done = await decide({ action: 'exclude', task: 'mail' });
    assert.deepEqual(done.inverse, { action: 'include', task: 't1' });
    assert.equal((await storage.store.tasks())[0]?.excluded?.by, 'Ada');
    assert.equal(await codeOf({ action: 'merge', task: 'post', from: 'mail' }), 'bad-input');
    assert.equal((await decide({ action: 'exclude', task: 'mail' })).changed, false);
    await decide({ action: 'include', task: 'mail' });
    assert.deepEqual(await storage.store.tasks(), TASKS);
    assert.deepEqual(await stages(), { t1: 'live' });
  });

  it('keeps a stopped task stopped, whatever becomes of its calls', async () => {
    await stop(storage.store, 'post', { by: 'Ada', reason: 'wrong', now: at });
    await decide({ action: 'merge', task: 'mail', from: 'post' });
    await stop(storage.store, 'agent', { by: 'Ada', reason: 'wrong', now: at });
    const { other } = await decide({ action: 'split', task: 'agent', sites: ['s4'] });
    const stopped = (await storage.store.stoppedTasks()).map(({ taskId }) => taskId);
    assert.deepEqual(
      ['t1', 't3', other!.id].filter((id) => !stopped.includes(id)),
      [],
    );
  });

  it('tells of each task that it stops, and stops none where it is not taken', async () => {
    const { store } = storage;
    await stop(store, 'post', { by: 'Ben', reason: 'wrong', now: at });
    const stopped = async (): Promise<string[][]> =>
      (await store.events({ kind: 'task-stopped' })).map(({ subject, detail }) => [
        subject,
        String(detail.by),
        String(detail.reason),
      ]);
    const refusing = { ...store, addTaskDecision: async () => false };
    const word = { by: 'Ada', reason: '', now: ++at, actor: { kind: 'user', name: 'ada' } } as const;
    const merge = { action: 'merge', task: 'mail', from: 'post' } as const;
    await assert.rejects(decideOnTask(refusing, merge, word), { code: 'overloaded' });
    assert.deepEqual(
      (await store.stoppedTasks()).map(({ taskId }) => taskId),
      ['t2'],
    );
    assert.deepEqual(await stopped(), [['t2', 'Ben', 'wrong']]);
    await decide(merge);
    assert.deepEqual(await stopped(), [
      ['t2', 'Ben', 'wrong'],
      ['t1', 'Ada', 'wrong'],
    ]);
    // One that is stopped already is not told of again.
    await decide({ action: 'rename', task: 'mail', name: 'triage' });
    assert.equal((await stopped()).length, 2);
  });

  it('keeps the epochs of the tasks whose calls it has, and what their audits and stays have said', async () => {
    const { store } = storage;
    await store.putTasks(TASKS);
    await store.addEvent(taskChanged('t3', { since: 5, found: 7, reason: 'its errors' }, true));
    const { other } = await decide({ action: 'split', task: 't3', sites: ['s4'] });
    const epochs = await epochsOf(store, 't3');
    assert.equal(epochs.length, 1);
    assert.deepEqual(await epochsOf(store, other!.id), epochs);
    await decide({ action: 'merge', task: 't1', from: other!.id });
    assert.deepEqual(await epochsOf(store, 't1'), epochs);
    const decisions = await store.taskDecisions();
    assert.deepEqual([...lineageOf('t1', decisions)].sort(), ['t1', 't3', other!.id].sort());
    assert.deepEqual([...lineageOf('t2', decisions)], ['t2']);
    await decide({ action: 'merge', task: 't1', from: 't3' });
    assert.deepEqual(await epochsOf(store, 't1'), epochs, 'the same epoch is one');
  });

  it('begins no new count of tries at the gate', async () => {
    const { store } = storage;
    for (const id of ['t1', 't1', 't2', 't3']) await store.useGate(id, 'd');
    const { inverse } = await decide({ action: 'merge', task: 'mail', from: 'post' });
    assert.equal(await store.gateTries('t1'), 3);
    await decide(inverse!);
    assert.deepEqual([await store.gateTries('t1'), await store.gateTries('t2')], [3, 3]);
    const { other } = await decide({ action: 'split', task: 'agent', sites: ['s4'] });
    assert.deepEqual([await store.gateTries('t3'), await store.gateTries(other!.id)], [1, 1]);
  });

  it('keeps to names of one length, in what it makes and in what takes it back', async () => {
    const long = 'agent '.repeat(40);
    await storage.store.putTasks([{ ...TASKS[2]!, name: long }]);
    const { other, inverse } = await decide({ action: 'split', task: 't3', sites: ['s4'] });
    assert.ok(isTaskName(other!.name), other!.name);
    assert.equal((await decide(inverse!)).changed, true);
    const renamed = await decide({ action: 'rename', task: 't3', name: ' a\nb ' });
    assert.equal(renamed.task.name, 'a b');
    assert.equal((await decide(renamed.inverse!)).changed, true);
    await storage.store.putTasks([{ ...TASKS[1]!, name: 'post '.repeat(60) }]);
    const merged = await decide({ action: 'merge', task: 't1', from: 't2' });
    assert.equal((await decide(merged.inverse!)).changed, true);
    for (const { name } of await storage.store.tasks()) assert.ok(isTaskName(name), name);
  });

  it('refuses what cannot be: a name that is taken or empty, itself, no such task, one call site', async () => {
    for (const [change, code] of [
      [{ action: 'rename', task: 'mail', name: 'post' }, 'bad-input'],
      [{ action: 'rename', task: 'mail', name: '  ' }, 'bad-input'],
      [{ action: 'rename', task: 'mail', name: 'x'.repeat(121) }, 'bad-input'],
      [{ action: 'merge', task: 'mail', from: 't1' }, 'bad-input'],
      [{ action: 'merge', task: 'mail', from: 'none' }, 'not-found'],
      [{ action: 'split', task: 'mail', sites: ['s1'] }, 'bad-input'],
      [{ action: 'exclude', task: 'none' }, 'not-found'],
    ] as const)
      assert.equal(await codeOf(change), code, JSON.stringify(change));
    assert.deepEqual(await storage.store.taskDecisions(), []);
  });

  it('is not undone by a learning run that has not heard of it', async () => {
    const { store } = storage;
    await deploy(TASKS[0]!, 'live');
    const { inverse } = await decide({ action: 'merge', task: 'mail', from: 'post' });
    let isTakenBack = false;
    const racing = {
      ...store,
      // By now the run has the tasks as they were, and looks whose proof does not hold for them.
      deployments: async () => {
        if (!isTakenBack) {
          isTakenBack = true;
          await decide(inverse!);
        }
        return store.deployments();
      },
    };
    const config = { ...configSchema.parse({}), dataDir };
    const context = {
      config,
      store: racing,
      trainers: [],
      runtimes: [],
      models: new Set<string>(),
      notes: [],
    };
    await learn([], context as unknown as LearnContext, { dryRun: true });
    assert.ok(isTakenBack);
    assert.deepEqual(await stages(), { t1: 'shadow' });
    assert.deepEqual(
      (await store.tasks()).map(({ id }) => id),
      ['t1', 't2', 't3'],
    );
  });

  it('decides on the tasks as they are, where a learning run changes them at the same moment', async () => {
    const { store } = storage;
    let races = 0;
    const racing = {
      ...store,
      addTaskDecision: async (decision: Parameters<typeof store.addTaskDecision>[0]) => {
        if (races++ === 0) await store.putTasks([{ ...TASKS[0]!, calls: 99 }]);
        return store.addTaskDecision(decision);
      },
    };
    await decideOnTask(
      racing,
      { action: 'rename', task: 'mail', name: 'triage' },
      { by: 'Ada', reason: '', now: ++at, actor: { kind: 'user', name: 'ada' } },
    );
    assert.deepEqual((await store.tasks())[0], { ...TASKS[0], name: 'triage', calls: 99 });
    assert.equal(races, 2);
  });
});
