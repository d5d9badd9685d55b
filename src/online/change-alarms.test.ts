import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallResponse, Served } from '../core/call.ts';
import type { Deployment } from '../core/deployment.ts';
import type { Specialist } from '../core/specialist.ts';
import type { Event } from '../core/store.ts';
import type { Task } from '../core/task.ts';
import { rateOf } from '../stats/statistics.ts';
import { changeAlarms } from './change-alarms.ts';

const specialist = {
  id: 'sp_1',
  taskId: 'task_1',
  evidence: {
    exam: { coverage: rateOf(450, 500) },
    gate: { served: 450, errors: 1 },
    calibration: { curve: [{ served: 500, errors: 6 }] },
  },
  proved: { models: ['gpt-1 fp_a', 'gpt-1'], contradictions: { repeated: 400, differing: 1 } },
} as unknown as Specialist;

const task = {
  id: 'task_1',
  kind: 'text',
  sites: [],
  labels: [],
  tools: [],
  responseFormat: null,
} as unknown as Task;

/** Alarms over a store of one live deployment. */
function world() {
  let deployment: Deployment = {
    id: 'dep_1',
    taskId: 'task_1',
    specialistId: 'sp_1',
    stage: 'live',
    threshold: 0.9,
    history: [
      { stage: 'shadow', at: 1, reason: 'passed' },
      { stage: 'live', at: 2, reason: 'proved' },
    ],
  };
  const log: string[] = [];
  const events: Event[] = [];
  let [now, isWell, reason]: [number, boolean, Served['reason']] = [10, true, 'confident'];
  let repeats: string | undefined;
  const alarms = changeAlarms(
    (line) => log.push(line),
    () => now,
  );
  const store = {
    deployments: async () => [deployment],
    putDeployment: async (next: Deployment, _: Deployment | null, told: readonly Event[] = []) => {
      if (!isWell) throw new Error('locked');
      deployment = next;
      events.push(...told.filter(({ kind }) => kind !== 'deployment-moved'));
      return true;
    },
    addEvent: async (event: Event) => {
      if (!isWell) throw new Error('locked');
      events.push(event);
    },
  };
  const update = (): void =>
    alarms.update({ tasks: [task], deployments: [deployment], specialists: [specialist] });
  const router = alarms.counted({
    route: async ({ id }) => ({
      served: { by: 'llm', reason, taskId: 'task_1' },
      answer: null,
      compare: null,
      session: id,
      ...(repeats === undefined ? {} : { repeats }),
    }),
  });
  update();
  return {
    alarms,
    store,
    log,
    events,
    update,
    deployment: () => deployment,
    setWell: (next: boolean) => {
      isWell = next;
    },
    play: async (n: number, next: Served['reason'], again?: string): Promise<void> => {
      [reason, repeats] = [next, again];
      for (let i = 0; i < n; i++) {
        now += 60_000;
        await router.route(
          { id: `${now}`, request: 'foreign', llmAskedFor: false },
          new AbortController().signal,
        );
      }
    },
    hear: (n: number, of: (i: number) => Partial<CallResponse> & { input?: string }): void => {
      for (let i = 0; i < n; i++) {
        now += 60_000;
        const { input = `input ${now}`, ...over } = of(i);
        const llm = { model: 'gpt-1', message: { role: 'assistant', content: 'yes' }, ...over };
        alarms.hear({ taskId: 'task_1', input }, llm as CallResponse);
      }
    },
  };
}

test('less is served than was promised: a person is told once, and the specialist stays where it is', async () => {
  const { alarms, store, log, events, play, deployment } = world();
  await play(300, 'confident');
  assert.equal(alarms.isRaised(), false);
  await play(400, 'low-confidence');
  assert.equal(log.length, 1);
  assert.match(
    log[0]!,
    /^deployment dep_1: \d+ of the last 300 calls were served, where the exam promised 90 %/,
  );
  await alarms.write(store);
  assert.equal(deployment().stage, 'live');
  assert.deepEqual(
    events.map(({ kind, subject }) => [kind, subject]),
    [['coverage-fell', 'dep_1']],
  );
});

test('an unfamiliar prompt that comes again in every session is told as less that is served, and not as new inputs', async () => {
  for (const [again, kinds] of [
    ['the first call', ['coverage-fell']],
    [undefined, ['inputs-unfamiliar', 'coverage-fell']],
  ] as const) {
    const { alarms, store, events, play } = world();
    await play(300, 'confident');
    await play(400, 'unfamiliar-input', again);
    await alarms.write(store);
    assert.deepEqual(
      events.map(({ kind }) => kind),
      kinds,
    );
  }
});

test('another name of the LLM sends the specialist back to shadow, begins an epoch, and waits for a store that fails', async () => {
  const { alarms, store, events, hear, deployment, setWell, update } = world();
  hear(100, () => ({}));
  hear(400, () => ({ model: 'gpt-2' }));
  setWell(false);
  await assert.rejects(alarms.write(store), /locked/);
  setWell(true);
  await alarms.write(store);
  await alarms.write(store);
  assert.equal(deployment().stage, 'shadow');
  assert.equal(deployment().history.length, 3, 'it is sent back once');
  assert.deepEqual(
    events.map(({ kind, subject }) => [kind, subject]),
    [
      ['llm-renamed', 'dep_1'],
      ['task-changed', 'task_1'],
    ],
  );
  // In shadow it is watched anew: the name is one that is known, and so is the former.
  update();
  assert.deepEqual(deployment().history.at(-1)!.models, ['gpt-2']);
  hear(1_000, (i) => ({ model: i % 3 === 0 ? 'gpt-1' : 'gpt-2' }));
  assert.equal(alarms.isRaised(), false);
  // A third one is told as the second was.
  hear(1_000, () => ({ model: 'gpt-3' }));
  assert.equal(alarms.isRaised(), true);
  await alarms.write(store);
  assert.deepEqual(
    events.map(({ kind }) => kind).filter((kind) => kind !== 'deployment-moved'),
    ['llm-renamed', 'task-changed', 'llm-renamed', 'task-changed'],
  );
  assert.deepEqual(
    deployment().history.flatMap(({ models = [] }) => models),
    ['gpt-2', 'gpt-3'],
  );
  update();
  hear(1_000, (i) => ({ model: `gpt-${1 + (i % 3)}` }));
  assert.equal(alarms.isRaised(), false);
});

test('names that are as many as answers are told once', async () => {
  const { hear, alarms, store, events, update } = world();
  hear(1_000, (i) => ({ model: `gpt-${i + 10}` }));
  await alarms.write(store);
  update();
  hear(1_000, (i) => ({ model: `gpt-x${i}` }));
  await alarms.write(store);
  assert.equal(events.filter(({ kind }) => kind === 'llm-renamed').length, 1);
});

test('an LLM with another name is an alarm after a few hours, and names it', () => {
  const { hear, alarms, log } = world();
  hear(100, () => ({}));
  assert.equal(alarms.isRaised(), false);
  hear(50, () => ({ model: 'gpt-2' }));
  assert.equal(alarms.isRaised(), false);
  hear(350, () => ({ model: 'gpt-2' }));
  assert.equal(alarms.isRaised(), true);
  assert.match(log[0]!, /another name than in its proof.*'gpt-2'/);
});

test('other answers to inputs that come again are an alarm; new inputs and a rare slip are none', async () => {
  const say = (content: string) => ({ message: { role: 'assistant' as const, content } });
  const { hear, alarms, log } = world();
  for (let round = 0; round < 6; round++)
    hear(60, (i) => ({ input: `input ${i}`, ...say(round === 3 && i === 5 ? 'a slip' : `answer ${i}`) }));
  hear(300, (i) => say(`new ${i}`));
  assert.equal(alarms.isRaised(), false);
  hear(60, (i) => ({ input: `input ${i}`, ...say(i % 4 === 0 ? `other ${i}` : `answer ${i}`) }));
  assert.equal(alarms.isRaised(), true);
  assert.match(log[0]!, /answers inputs that come again otherwise/);
});
