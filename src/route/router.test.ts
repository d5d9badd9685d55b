import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallRequest, CallResponse } from '../core/call.ts';
import type { Audit, Deployment, Stage } from '../core/deployment.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Attempt } from '../core/online.ts';
import type { Specialist } from '../core/specialist.ts';
import type { Task } from '../core/task.ts';
import { createRouter, type RouterOptions, type RoutingPlan } from './router.ts';

const free = { pieces: ['', ''] };
const task: Task = {
  id: 'task_1',
  name: 'a task',
  sites: [{ id: 'site_1', system: null, user: free, toolNames: [], formatHash: '', turn: 'user' }],
  kind: 'label',
  labels: ['late'],
  tools: [],
  responseFormat: null,
  calls: 0,
};
const specialist = {
  id: 'spec_1',
  taskId: 'task_1',
  artefact: { rung: 'lexical', base: null, path: '', sha256: '', trainedMs: 0, figures: {} },
  confidence: { signals: ['p'], weights: [1], bias: 0 },
} as unknown as Specialist;
const request: CallRequest = {
  model: 'm',
  messages: [{ role: 'user', content: 'Where is it?' }],
  tools: [],
  stream: false,
  params: {},
};
const llm: CallResponse = {
  model: 'm',
  message: { role: 'assistant', content: 'late' },
  finishReason: 'stop',
  usage: null,
};

function planIn(stage: Stage): RoutingPlan {
  const deployment: Deployment = {
    id: 'dep_1',
    taskId: 'task_1',
    specialistId: 'spec_1',
    stage,
    threshold: 0.5,
    history: [],
  };
  return { tasks: [task], deployments: [deployment], specialists: [specialist] };
}

function routerIn(stage: Stage) {
  const audits: Audit[] = [];
  const router = createRouter(
    planIn(stage),
    optionsFor(task, (audit) => audits.push(audit)),
  );
  return { router, audits };
}

const optionsFor = (assigned: Task, onAudit: (audit: Audit) => void): RouterOptions => ({
  runtimes: [
    {
      rungs: ['lexical'],
      predict: async () => ({ answer: 'late', signals: { p: 0.9 }, ms: 0 }),
      close: async () => {},
    },
  ],
  canaryShare: 1,
  auditShare: 1,
  timeoutMs: 10_000,
  maxInFlight: 1,
  assign: () => assigned,
  right: () => true,
  onAudit,
  now: () => 0,
});

function attemptOf(decision: ReturnType<ReturnType<typeof createRouter>['decide']>): Attempt {
  const attempt = decision.to === 'specialist' ? decision.attempt : decision.compare;
  return attempt ?? assert.fail('no specialist is asked');
}

test('a comparison counts for the stage in which its call came, however late it is done', async () => {
  const { router, audits } = routerIn('shadow');
  const attempt = attemptOf(router.decide('call_1', request));
  const attempted = await attempt.run();
  router.update(planIn('canary'));
  router.compared('call_1', attempt, attempted, llm);
  assert.deepEqual(
    audits.map(({ stage }) => stage),
    ['shadow'],
  );
});

test('an answer of the LLM that was cut or filtered is no yardstick', async () => {
  const { router, audits } = routerIn('live');
  const attempt = attemptOf(router.decide('call_1', request));
  const attempted = await attempt.run();
  for (const finishReason of ['length', 'content_filter', 'stop'])
    router.compared('call_1', attempt, attempted, { ...llm, finishReason });
  assert.equal(audits.length, 1);
});

test('an answer that was cut because so few tokens were asked for is one', async () => {
  const { router, audits } = routerIn('live');
  for (const params of [{ max_tokens: 1 }, { max_tokens: 500 }, {}]) {
    const attempt = attemptOf(router.decide('call_1', { ...request, params }));
    router.compared('call_1', attempt, await attempt.run(), { ...llm, finishReason: 'length' });
  }
  assert.equal(audits.length, 1);
});

test('requests with other token biases than the task was learnt under go to the LLM', () => {
  const bias = { '11': 50, '12': -1 };
  const decide = (learnt: Task, logit_bias: JsonObject | null | undefined) => {
    const router = createRouter(
      { ...planIn('live'), tasks: [learnt] },
      optionsFor(learnt, () => {}),
    );
    const params = logit_bias === undefined ? {} : { logit_bias };
    const decision = router.decide('call_1', { ...request, params });
    return decision.to === 'llm' ? decision.reason : decision.to;
  };
  const biased: Task = { ...task, logitBias: bias };
  for (const none of [undefined, null, {}]) {
    assert.equal(decide(task, none), 'specialist');
    assert.equal(decide(biased, none), 'policy');
  }
  assert.equal(decide(task, bias), 'policy');
  assert.equal(decide(biased, { '12': -1, '11': 50 }), 'specialist');
  for (const other of [{ '11': 50 }, { '11': 50, '12': 1 }, { ...bias, '13': 1 }, { '11': 50, toString: -1 }])
    assert.equal(decide(biased, other), 'policy', JSON.stringify(other));
});

test('a slow specialist that has all the calls it may have does not crowd out another', async () => {
  const slowTask: Task = { ...task, id: 'task_slow', labels: ['slow'] };
  const slow = { ...specialist, id: 'spec_slow', taskId: 'task_slow' };
  const [deployment] = planIn('live').deployments;
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const router = createRouter(
    {
      tasks: [task, slowTask],
      deployments: [
        deployment!,
        { ...deployment!, id: 'dep_2', taskId: 'task_slow', specialistId: 'spec_slow' },
      ],
      specialists: [specialist, slow],
    },
    {
      runtimes: [
        {
          rungs: ['lexical'],
          predict: async (_, input) => {
            if (input.includes('slow')) await held;
            return { answer: input.includes('slow') ? 'slow' : 'late', signals: { p: 0.9 }, ms: 0 };
          },
          close: async () => {},
        },
      ],
      ...{ canaryShare: 1, auditShare: 0, timeoutMs: 10_000, maxInFlight: 1, now: () => 0 },
      assign: (tasks, { messages }) => tasks[messages[0]!.content.includes('slow') ? 1 : 0]!,
      right: () => true,
      onAudit: () => {},
    },
  );
  const slowRequest = { ...request, messages: [{ role: 'user' as const, content: 'slow' }] };
  const first = attemptOf(router.decide('call_1', slowRequest)).run();
  assert.deepEqual(await attemptOf(router.decide('call_2', slowRequest)).run(), {
    used: false,
    reason: 'overload',
  });
  assert.equal((await attemptOf(router.decide('call_3', request)).run()).used, true);
  release();
  assert.equal((await first).used, true);
  assert.equal((await attemptOf(router.decide('call_4', slowRequest)).run()).used, true);
});

test('a runtime that refuses or takes too long is an overload, anything else that fails an error', async () => {
  const reasons = new Map<string, string>();
  for (const code of ['overloaded', 'timed-out', 'unavailable', 'internal'] as const) {
    const router = createRouter(planIn('live'), {
      runtimes: [
        {
          rungs: ['lexical'],
          predict: async () => {
            throw new UnderstudyError(code, 'No.', { hint: '' });
          },
          close: async () => {},
        },
      ],
      ...{ canaryShare: 1, auditShare: 0, timeoutMs: 10_000, maxInFlight: 1, now: () => 0 },
      assign: () => task,
      right: () => true,
      onAudit: () => {},
    });
    const attempted = await attemptOf(router.decide('call_1', request)).run();
    if (!attempted.used) reasons.set(code, attempted.reason);
  }
  assert.deepEqual(Object.fromEntries(reasons), {
    overloaded: 'overload',
    'timed-out': 'overload',
    unavailable: 'error',
    internal: 'error',
  });
});
