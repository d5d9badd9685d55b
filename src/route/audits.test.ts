/** Which calls are audited, what goes on record of them, and how they are settled. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { LATE_TASK, planIn, routerOptions, saying } from '../../test/support/routing.ts';
import type { CallRequest, CallResponse, Message } from '../core/call.ts';
import type { Audit, Belonging, Stage } from '../core/deployment.ts';
import type { IncomingCall } from '../core/online.ts';
import type { Task } from '../core/task.ts';
import { createRouter, type RouterOptions } from './router.ts';

const signal = new AbortController().signal;

function routerIn(stage: Stage, over: Partial<RouterOptions> = {}) {
  const audits: Audit[] = [];
  const options = routerOptions(LATE_TASK, (audit) => audits.push(audit));
  const router = createRouter(planIn(stage), { ...options, pseudonym: (text) => `<${text}>`, ...over });
  return { router, audits };
}

const call = (id: string, texts: readonly string[], session?: string): IncomingCall => {
  const messages = texts.map(
    (content, i): Message => ({ role: i % 2 === 0 ? 'user' : 'assistant', content }),
  );
  const request: CallRequest = { model: 'm', messages, tools: [], stream: false, params: {} };
  return { id, request, llmAskedFor: false, ...(session === undefined ? {} : { session }) };
};

test('an audit has its probability, and the pseudonyms of the session that was named and of its input', async () => {
  const asked: Belonging[] = [];
  const { router, audits } = routerIn('live', {
    auditProbability: (_, belonging) => {
      asked.push(belonging());
      return 0.999999;
    },
  });
  const { compare } = await router.route(call('call_1', ['Where is it?'], 's1'), signal);
  await compare!(saying('late'), signal);
  const { probability, session, input } = audits[0]!;
  assert.deepEqual([probability, session], [0.999999, '<session s1>']);
  assert.match(input!, /^<input .*Where is it\?.*>$/s);
  assert.deepEqual(asked, [{ session, input }]);
});

test('calls that continue one another are of one session where none is named', async () => {
  const { router, audits } = routerIn('shadow');
  for (const [id, texts] of [
    ['call_1', ['Hello']],
    ['call_2', ['Hello', 'late', 'And now?']],
    ['call_3', ['Goodbye']],
  ] as const)
    await (await router.route(call(id, texts), signal)).compare!(saying('late'), signal);
  assert.deepEqual(
    audits.map(({ session, probability }) => [session, probability]),
    [
      ['<session call_1>', 1],
      ['<session call_1>', 1],
      ['<session call_3>', 1],
    ],
  );
});

test('an audit says whether the caller got the answer: of a canary some, in shadow none', async () => {
  const usedIn = async (stage: Stage): Promise<Set<boolean | undefined>> => {
    const { router, audits } = routerIn(stage, { canaryShare: 0.5 });
    for (let i = 0; i < 20; i++) {
      const { served, compare } = await router.route(call(`call_${i}`, [`Hello ${i}`]), signal);
      await compare!(saying('late'), signal);
      assert.equal(audits.at(-1)!.used, served.by === 'spec_1');
    }
    return new Set(audits.map(({ used }) => used));
  };
  assert.deepEqual(await usedIn('shadow'), new Set([false]));
  assert.deepEqual(await usedIn('canary'), new Set([true, false]));
  assert.deepEqual(await usedIn('live'), new Set([true]));
});

test('as many calls are audited as the probability says, whatever the specialist is asked', async () => {
  const { router } = routerIn('live', { auditProbability: () => 0.2 });
  let audited = 0;
  for (let i = 0; i < 1000; i++)
    if ((await router.route(call(`call_${i}`, ['Where is it?']), signal)).compare !== null) audited++;
  assert.ok(audited > 150 && audited < 250, `${audited}`);
});

test('nobody is asked who is suspended or retired', async () => {
  for (const stage of ['suspended', 'retired'] as const) {
    const { served } = await routerIn(stage).router.route(call('call_1', ['Hello']), signal);
    assert.deepEqual([served.by, served.reason], ['llm', 'no-specialist']);
  }
});

test('where the answers differ the LLM is asked again if it may be, and the audit says that it could', async () => {
  let left = 2;
  const settling = {
    isAllowed: () => left > 0,
    onAsked: () => left--,
    same: (_: Task, a: CallResponse, b: CallResponse) => a.message.content === b.message.content,
  };
  const { router, audits } = routerIn('live', { settling });
  const audit = async (first: string, later: readonly string[]): Promise<void> => {
    const { compare } = await router.route(call(`call_${audits.length}`, ['Hello']), signal);
    const answers = [...later];
    await compare!(saying(first), signal, async () =>
      saying(answers.shift() ?? assert.fail('asked too often')),
    );
  };
  await audit('late', []);
  await audit('slip', ['late', 'late']);
  await audit('slip', []);
  assert.deepEqual(
    audits.map(({ correct, settled }) => [correct, settled]),
    [
      [true, true],
      [true, true],
      [false, undefined],
    ],
  );
});

test('answers in shadow that would not be used are counted by why, and compared with nothing', async () => {
  const unused: string[] = [];
  for (const [answer, p] of [
    ['late', 0.1],
    ['no label of the task', 0.9],
    ['late', 0.9],
  ] as const) {
    const { router, audits } = routerIn('shadow', {
      runtimes: [
        {
          rungs: ['lexical'],
          predict: async () => ({ answer, signals: { p }, ms: 0 }),
          close: async () => {},
        },
      ],
      onUnused: (deploymentId, reason) => unused.push(`${deploymentId} ${reason}`),
    });
    const before = unused.length;
    await (await router.route(call('call_1', ['Hello']), signal)).compare!(saying('late'), signal);
    assert.equal(audits.length + unused.length - before, 1);
  }
  assert.deepEqual(unused, ['dep_1 low-confidence', 'dep_1 invalid-output']);
});

test('a canary serves a session as a whole or not at all, and is compared on all calls', async () => {
  for (const named of [true, false]) {
    const { router, audits } = routerIn('canary', { canaryShare: 0.5 });
    let [served, calls] = [0, 0];
    for (let session = 0; session < 60; session++) {
      const texts = [`Question ${session}?`];
      const bySpecialist = new Set<boolean>();
      for (let turn = 0; turn < 3; turn++) {
        const id = `call_${session}_${turn}`;
        const decision = await router.route(call(id, texts, named ? `s${session}` : undefined), signal);
        bySpecialist.add(decision.answer !== null);
        if (decision.answer !== null) served++;
        else assert.equal(decision.served.reason, 'canary');
        await decision.compare!(saying('late'), signal);
        texts.push('late', `And ${turn}?`);
        calls++;
      }
      assert.equal(bySpecialist.size, 1, 'one side serves the session');
    }
    assert.equal(audits.length, calls);
    assert.ok(served > calls / 4 && served < (calls * 3) / 4, `${served} of ${calls}`);
  }
});

test('the LLM’s answer is heard with what the specialist reads, and whether it agrees with an answer too unsure to be used', async () => {
  const heard: unknown[] = [];
  const onHeard: RouterOptions['onHeard'] = (about, llm) => heard.push([about, llm.message.content]);
  const predict = async () => ({ answer: 'late', signals: { p: 0.1 }, ms: 0 });
  const runtimes = [{ rungs: ['lexical'], predict, close: async () => {} }];
  const unsure = routerIn('live', { onHeard, runtimes });
  const decision = await unsure.router.route(call('call_1', ['Where is it?']), signal);
  assert.equal(decision.served.reason, 'low-confidence');
  decision.hear!(saying('late'));
  decision.hear!(saying('early'));
  decision.hear!({ ...saying('la'), finishReason: 'content_filter' });
  const sure = await routerIn('live', { onHeard }).router.route(call('call_2', ['Where?']), signal);
  sure.hear!(saying('late'));
  assert.deepEqual(
    heard.map((each) => JSON.stringify(each)),
    [
      ['Where is it?', 'call_1', true, 'late'],
      ['Where is it?', 'call_1', false, 'early'],
      ['Where?', 'call_2', undefined, 'late'],
    ].map(([input, session, agrees, said]) =>
      JSON.stringify([{ taskId: 'task_1', input, session, agrees }, said]),
    ),
  );
});

test('a decision tells what its call belongs to, in each stage and whoever serves, and so does what is heard', async () => {
  for (const stage of ['shadow', 'canary', 'live'] as const) {
    const heard: (string | undefined)[] = [];
    const { router } = routerIn(stage, { canaryShare: 0.5, onHeard: ({ session }) => heard.push(session) });
    const sessionOf = async (id: string, texts: readonly string[], session?: string) => {
      const decision = await router.route(call(id, texts, session), signal);
      decision.hear!(saying('late'));
      return decision.session;
    };
    const sessions = [
      await sessionOf('c1', ['One?'], 's1'),
      await sessionOf('c2', ['Other?'], 's2'),
      await sessionOf('c3', ['Two?'], 's1'),
      // Nobody names these: the conversation tells, or that they repeat one another.
      await sessionOf('c4', ['Hello?']),
      await sessionOf('c5', ['Hello?', 'late', 'And?']),
      await sessionOf('c6', ['Again?']),
      await sessionOf('c7', ['Again?']),
    ];
    assert.deepEqual(sessions, ['s1', 's2', 's1', 'c4', 'c4', 'c6', 'c6']);
    assert.deepEqual(heard, sessions);
  }
});

test('only a comparison waits for the model that completes what a specialist reads', async () => {
  for (const [stage, expected] of [
    ['shadow', [true]],
    ['live', [false]],
  ] as const) {
    const patience: boolean[] = [];
    const redact = (request: CallRequest) => ({
      request,
      reveal: (answer: string) => answer,
      complete: async (isPatient = false) => {
        patience.push(isPatient);
        return { request, reveal: (answer: string) => answer };
      },
    });
    const { router } = routerIn(stage, { redact });
    const decision = await router.route(call('call_1', ['Where is it?']), signal);
    await decision.compare!(saying('late'), signal);
    assert.deepEqual(patience, expected);
  }
});

test('comparisons that are done, or failed, leave nothing behind on the signal that ends them', async () => {
  const { signal } = new AbortController();
  for (const isWell of [true, false]) {
    const redact = (request: CallRequest) => ({
      request,
      reveal: (answer: string) => answer,
      complete: async () => {
        if (!isWell) throw new Error('it cannot be opened');
        return { request, reveal: (answer: string) => answer };
      },
    });
    const { router } = routerIn('shadow', { redact });
    for (let i = 0; i < 5; i++) {
      const decision = await router.route(call(`call_${i}`, [`Where is ${i}?`]), signal);
      await decision.compare!(saying('late'), signal);
    }
  }
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('while comparisons wait for that model, the specialist’s places and its time are its calls’', async () => {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const redact = (request: CallRequest) => ({
    request,
    reveal: (answer: string) => answer,
    complete: async (isPatient = false) => {
      if (isPatient) await opened;
      return { request, reveal: (answer: string) => answer };
    },
  });
  // One place, and little time.
  const { router, audits } = routerIn('shadow', { redact, timeoutMs: 20 });
  const decisions = await Promise.all(
    ['c1', 'c2', 'c3'].map((id) => router.route(call(id, [`Where is ${id}?`]), signal)),
  );
  const compared = decisions.map((decision) => decision.compare!(saying('late'), signal));
  await new Promise((resolve) => setTimeout(resolve, 60));
  open();
  for (const each of compared) await each;
  assert.ok(audits.length > 0, 'those that waited longer than an answer may take are compared all the same');
});
