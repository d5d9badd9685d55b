import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  asking,
  planIn,
  routerOptions,
  saying,
  LATE_SPECIALIST as specialist,
  LATE_TASK as task,
} from '../../test/support/routing.ts';
import { assign } from '../callsite/assign.ts';
import { withShapes } from '../callsite/slot-shape.ts';
import type { CallRequest } from '../core/call.ts';
import type { Audit, Stage } from '../core/deployment.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Compare, IncomingCall, Router } from '../core/online.ts';
import type { Signals, Specialist } from '../core/specialist.ts';
import type { Task } from '../core/task.ts';
import { confidenceOf } from '../stats/confidence.ts';
import { createRouter, type RouterOptions } from './router.ts';

const request = asking('Where is it?');
const llm = saying('late');

function routerIn(stage: Stage) {
  const audits: Audit[] = [];
  const router = createRouter(
    planIn(stage),
    optionsFor(task, (audit) => audits.push(audit)),
  );
  return { router, audits };
}

const optionsFor = (assigned: Task, onAudit: (audit: Audit) => void): RouterOptions => ({
  ...routerOptions(assigned, onAudit),
  right: () => true,
});

const signal = new AbortController().signal;
const incoming = (id: string, asked: IncomingCall['request'] = request): IncomingCall => ({
  id,
  request: asked,
  llmAskedFor: false,
});
const compareOf = async (router: Router, id: string, asked?: CallRequest): Promise<Compare> =>
  (await router.route(incoming(id, asked), signal)).compare ?? assert.fail('nothing is compared');

test('a comparison counts for the stage in which its call came, however late it is done', async () => {
  const { router, audits } = routerIn('shadow');
  const compare = await compareOf(router, 'call_1');
  router.update(planIn('canary'));
  await compare(llm, signal);
  assert.deepEqual(
    audits.map(({ stage }) => stage),
    ['shadow'],
  );
});

test('an answer of the LLM that was cut or filtered is not compared with', async () => {
  const { router, audits } = routerIn('live');
  const compare = await compareOf(router, 'call_1');
  for (const finishReason of ['length', 'content_filter', 'stop'])
    await compare({ ...llm, finishReason }, signal);
  assert.equal(audits.length, 1);
});

test('an answer that was cut because few tokens were asked for is compared with', async () => {
  const { router, audits } = routerIn('live');
  for (const params of [{ max_tokens: 2 }, { max_tokens: 500 }, {}]) {
    const compare = await compareOf(router, 'call_1', { ...request, params });
    await compare({ ...llm, finishReason: 'length' }, signal);
  }
  assert.equal(audits.length, 1);
});

test('requests with other token biases than the task was learnt under go to the LLM', async () => {
  const bias = { '11': 50, '12': -1 };
  const reasonFor = async (learnt: Task, logit_bias: JsonObject | null | undefined) => {
    const router = createRouter(
      { ...planIn('live'), tasks: [learnt] },
      optionsFor(learnt, () => {}),
    );
    const params = logit_bias === undefined ? {} : { logit_bias };
    return (await router.route(incoming('call_1', { ...request, params }), signal)).served.reason;
  };
  const biased: Task = { ...task, logitBias: bias };
  for (const none of [undefined, null, {}]) {
    assert.equal(await reasonFor(task, none), 'confident');
    assert.equal(await reasonFor(biased, none), 'policy');
  }
  assert.equal(await reasonFor(task, bias), 'policy');
  assert.equal(await reasonFor(biased, { '12': -1, '11': 50 }), 'confident');
  for (const other of [{ '11': 50 }, { '11': 50, '12': 1 }, { ...bias, '13': 1 }, { '11': 50, toString: -1 }])
    assert.equal(await reasonFor(biased, other), 'policy', JSON.stringify(other));
});

test('a call that was not read, or for which the caller wants the LLM, is decided without a specialist', async () => {
  const { router } = routerIn('live');
  const decided = async (call: IncomingCall) => (await router.route(call, signal)).served;
  assert.deepEqual(await decided(incoming('call_1', 'large')), { by: 'llm', reason: 'too-large' });
  assert.deepEqual(await decided(incoming('call_1', 'foreign')), { by: 'llm', reason: 'pass-through' });
  assert.deepEqual(await decided({ ...incoming('call_1'), llmAskedFor: true }), {
    by: 'llm',
    reason: 'asked-for',
  });
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
      canaryShare: 1,
      auditProbability: () => 0,
      timeoutMs: 10_000,
      maxInFlight: 1,
      now: () => 0,
      assign: (tasks, { messages }) => tasks[messages[0]!.content.includes('slow') ? 1 : 0]!,
      right: () => true,
      onAudit: () => {},
    },
  );
  const slowRequest = { ...request, messages: [{ role: 'user' as const, content: 'slow' }] };
  const decided = async (id: string, asked: CallRequest) =>
    (await router.route(incoming(id, asked), signal)).served.reason;
  const first = decided('call_1', slowRequest);
  assert.equal(await decided('call_2', slowRequest), 'overload');
  assert.equal(await decided('call_3', request), 'confident');
  release();
  assert.equal(await first, 'confident');
  assert.equal(await decided('call_4', slowRequest), 'confident');
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
      canaryShare: 1,
      auditProbability: () => 0,
      timeoutMs: 10_000,
      maxInFlight: 1,
      now: () => 0,
      assign: () => task,
      right: () => true,
      onAudit: () => {},
    });
    reasons.set(code, (await router.route(incoming('call_1'), signal)).served.reason);
  }
  assert.deepEqual(Object.fromEntries(reasons), {
    overloaded: 'overload',
    'timed-out': 'overload',
    unavailable: 'error',
    internal: 'error',
  });
});

const withSystem = (content: string): CallRequest => ({
  ...request,
  messages: [{ role: 'system', content }, ...request.messages],
});

interface Sure {
  readonly task?: Partial<Task>;
  readonly signals?: Signals;
  readonly floors?: Signals;
}

/** Who serves a request, and why, with a specialist that is sure of its answer and has these signals. */
const servedBy = async (asked: CallRequest, over: Sure = {}) =>
  (await sureRouter(over).route(incoming('call_1', asked), signal)).served;

function sureRouter(over: Sure): Router {
  const own = { ...task, ...over.task };
  const plan = planIn('live');
  const confidence = {
    signals: ['p'],
    weights: [1],
    bias: 0,
    ...(over.floors ? { floors: over.floors } : {}),
  };
  return createRouter(
    { ...plan, tasks: [own], specialists: [{ ...specialist, confidence }] },
    {
      ...optionsFor(own, () => {}),
      assign,
      runtimes: [
        {
          rungs: ['lexical'],
          predict: async () => ({ answer: 'late', signals: { p: 0.9, ...over.signals }, ms: 0 }),
          close: async () => {},
        },
      ],
    },
  );
}

test('an input unlike those that the confidence was fitted on goes to the LLM, however sure the answer', async () => {
  const floors = { familiarity: 0.4 };
  assert.equal((await servedBy(request, { floors, signals: { familiarity: 0.4 } })).reason, 'confident');
  for (const signals of [{ familiarity: 0.39 }, {}])
    assert.deepEqual(await servedBy(request, { floors, signals }), {
      by: 'llm',
      reason: 'unfamiliar-input',
      taskId: 'task_1',
      confidence: confidenceOf({ signals: ['p'], weights: [1], bias: 0 }, { p: 0.9 }),
    });
});

test('a prompt that was edited within a slot, and one that follows no template, are unfamiliar input of their task', async () => {
  const learnt = ['2026-11-21', '2026-11-22'].map((day) => withSystem(`Today is ${day}. Sort the mail.`));
  const site = { ...task.sites[0]!, system: { pieces: ['Today is ', '. Sort the mail.'] } };
  const own = { sites: [withShapes(site, learnt)] };
  const reasonOf = async (system: string) => {
    const { reason, taskId } = await servedBy(withSystem(system), { task: own });
    return [reason, taskId];
  };
  assert.deepEqual(await reasonOf('Today is 2026-11-23. Sort the mail.'), ['confident', 'task_1']);
  for (const system of ['Today is 2026-11-23. Answer in Spanish. Sort the mail.', 'A prompt of tomorrow.'])
    assert.deepEqual(await reasonOf(system), ['unfamiliar-input', 'task_1']);
  // Nobody stands ready for it.
  const { served } = await createRouter(
    { ...planIn('retired'), tasks: [{ ...task, ...own }] },
    { ...optionsFor(task, () => {}), assign },
  ).route(incoming('call_1', withSystem('A prompt of tomorrow.')), signal);
  assert.deepEqual(served, { by: 'llm', reason: 'no-specialist' });
});

test('the same unfamiliar thing, asked again and again between others, repeats one call, each other and each session its own', async () => {
  const site = { ...task.sites[0]!, system: { pieces: ['Today is ', '. Sort the mail.'] } };
  const learnt = withShapes(site, [withSystem('Today is 2026-11-21. Sort the mail.')]);
  const about = (text: string, system?: string): CallRequest => ({
    ...request,
    messages: [
      ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
      { role: 'user', content: text },
    ],
  });
  for (const [router, system] of [
    [sureRouter({ floors: { familiarity: 0.4 } }), undefined],
    [sureRouter({ task: { sites: [learnt] } }), 'A prompt of tomorrow.'],
    [sureRouter({ task: { sites: [learnt] } }), 'Today is 2026-11-23. In Spanish. Sort the mail.'],
  ] as const) {
    const units = { stuck: new Set<string | undefined>(), others: new Set<string | undefined>() };
    const sessions = new Set<string | undefined>();
    for (let i = 0; i < 100; i++)
      for (const kind of ['stuck', 'others'] as const) {
        const asked = about(kind === 'stuck' ? 'Where is it?' : `Where is number ${i}?`, system);
        const call = { ...incoming(`${kind}_${i}`, asked), session: `${kind} ${i}` };
        const { served, session, repeats } = await router.route(call, signal);
        assert.equal(served.reason, 'unfamiliar-input');
        units[kind].add(repeats);
        sessions.add(session);
      }
    assert.deepEqual([units.stuck.size, units.others.size, sessions.size], [1, 100, 200]);
  }
});

test('of a session no more calls are served than the proof allows, whoever names it', async () => {
  const plan = planIn('live');
  const limited = { ...specialist, evidence: { gate: { sessions: { cap: 2 } } } } as unknown as Specialist;
  const router = createRouter(
    { ...plan, specialists: [limited] },
    optionsFor(task, () => {}),
  );
  const reasonOf = async (call: IncomingCall): Promise<string> =>
    (await router.route(call, new AbortController().signal)).served.reason;
  const asking = (content: string): CallRequest => ({ ...request, messages: [{ role: 'user', content }] });
  const named = (id: string, session: string): IncomingCall => {
    return { id, request: asking(`Question ${id}`), session, llmAskedFor: false };
  };
  assert.deepEqual(
    [await reasonOf(named('1', 'a')), await reasonOf(named('2', 'a')), await reasonOf(named('3', 'a'))],
    ['confident', 'confident', 'session-limit'],
  );
  assert.equal(await reasonOf(named('4', 'b')), 'confident');
  // A conversation that goes on is a session, though nobody named it.
  const turn = (id: string, turns: number, about = 'Where is it?'): IncomingCall => {
    const more = Array.from({ length: turns }, (_, i) => [
      { role: 'assistant' as const, content: `answer ${i}` },
      { role: 'user' as const, content: `question ${i}` },
    ]).flat();
    return {
      id,
      request: { ...request, messages: [...asking(about).messages, ...more] },
      llmAskedFor: false,
    };
  };
  const reasons = [];
  for (let i = 0; i < 4; i++) reasons.push(await reasonOf(turn(`t${i}`, i + 1)));
  assert.deepEqual(reasons, ['confident', 'confident', 'session-limit', 'session-limit']);
  // Nor a loop, whose calls nobody names and which continue nothing; nor one whose turns have names of their own.
  const looping = asking('Is it there yet?');
  const loop = [];
  for (let i = 0; i < 3; i++)
    loop.push(await reasonOf({ id: `l${i}`, request: looping, llmAskedFor: false }));
  assert.deepEqual(loop, ['confident', 'confident', 'session-limit']);
  const renamed = [];
  for (let i = 0; i < 3; i++)
    renamed.push(await reasonOf({ ...turn(`r${i}`, i + 1, 'Another matter'), session: `trace ${i}` }));
  assert.deepEqual(renamed, ['confident', 'confident', 'session-limit']);
});
