/** Feedback over HTTP, from the call's header to what learning reads; and what happens where it cannot be recorded. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { configSchema } from '../../src/core/config.ts';
import type { Feedback } from '../../src/core/feedback.ts';
import { openUnderstudy, type Understudy } from '../../src/understudy.ts';
import { temporaryFolder } from '../support/calls.ts';
import { recorderOf, sendJson, startHarness } from './gateway-harness.ts';

const nobody = (): never => assert.fail('the upstream was asked');
const CALL = `call_${'0'.repeat(28)}`;
const RATING = { call_id: CALL, name: 'rating', value: 5 };

const say = (base: string, body: unknown, path = '/feedback'): Promise<Response> =>
  fetch(`${base}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

test('feedback is answered with its id and never forwarded, with the version path and without', async () => {
  const said: Feedback[] = [];
  const recorder = {
    ...recorderOf(async () => {}),
    recordFeedback: async (feedback: Feedback) => {
      said.push(feedback);
      return true;
    },
  };
  const harness = await startHarness(nobody, { recorder });
  try {
    const { url } = harness.gateway;
    const mine = await say(url, { ...RATING, id: 'mine' });
    assert.equal(mine.status, 200);
    assert.deepEqual(await mine.json(), { id: 'mine' });
    const given = (await (await say(url.replace(/\/v1$/, ''), RATING)).json()) as { id: string };
    assert.match(given.id, /^feedback_/);
    assert.deepEqual(
      said.map(({ id, about }) => [id, about]),
      [
        ['mine', { callId: CALL }],
        [given.id, { callId: CALL }],
      ],
    );
    assert.equal(harness.gateway.stats().passedThrough, 0);
  } finally {
    await harness.close();
  }
});

test('what is no feedback is refused with the code, what is wrong and what to do', async () => {
  const harness = await startHarness(nobody);
  try {
    const { url } = harness.gateway;
    const cases: [unknown, number, RegExp][] = [
      ['{', 400, /not a JSON object/],
      [{ ...RATING, call_id: 'x y' }, 400, /x-understudy-call-id/],
      [{ ...RATING, name: 'correction', value: 'x'.repeat(70_000) }, 413, /larger than 65536 bytes/],
    ];
    for (const [body, status, message] of cases) {
      const response = await say(url, body);
      const { error } = (await response.json()) as { error: { code: string; message: string } };
      assert.equal(response.status, status);
      assert.equal(error.code, 'bad-input');
      assert.match(error.message, message);
    }
    const get = await fetch(`${url}/feedback`);
    assert.equal(get.status, 405);
    await get.text();
  } finally {
    await harness.close();
  }
});

test('feedback that cannot be recorded is told and counted, and calls go on', async () => {
  const lost: string[] = [];
  const never = new Promise<boolean>(() => {});
  let isStuck = false;
  const recorder = {
    ...recorderOf(async () => {}),
    recordFeedback: async () => (isStuck ? never : false),
  };
  const harness = await startHarness((_, response) => sendJson(response, '{}'), {
    recorder,
    recordWaitMs: 5,
    onLost: (reason) => lost.push(reason),
  });
  try {
    const refused = await say(harness.gateway.url, RATING);
    assert.equal(refused.status, 503);
    assert.match(await refused.text(), /Send it again/);
    isStuck = true;
    const stuck = await say(harness.gateway.url, RATING);
    assert.equal(stuck.status, 503);
    await stuck.text();
    const models = await fetch(`${harness.gateway.url}/models`);
    assert.equal(models.status, 200);
    await models.text();
    assert.equal(harness.gateway.stats().recording.overdue, 1);
  } finally {
    await harness.close();
  }
});

let upstream: Server;
let understudy: Understudy;

before(async () => {
  upstream = createServer((request, response) => {
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/json');
      const message = { role: 'assistant', content: 'delivery' };
      response.end(JSON.stringify({ model: 'm', choices: [{ index: 0, message, finish_reason: 'stop' }] }));
    });
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  understudy = await openUnderstudy({
    config: configSchema.parse({
      dataDir: temporaryFolder(),
      gateway: { port: 0 },
      upstream: { baseUrl: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1` },
      redaction: { finder: 'off' },
    }),
    env: {},
    log: () => {},
  });
});
after(async () => {
  await understudy.close();
  upstream.close();
});

test('a correction reaches the call that learning reads, and a metric the status', async () => {
  const gateway = await understudy.startGateway();
  const response = await fetch(`${gateway.url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-understudy-session': 'run 7' },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Where is my refund?' }] }),
  });
  await response.text();
  const callId = response.headers.get('x-understudy-call-id');
  assert.equal(
    (await say(gateway.url, { call_id: callId, name: 'correction', value: 'billing' })).status,
    200,
  );
  assert.equal((await say(gateway.url, { session_id: 'run 7', name: 'resolved', value: true })).status, 200);
  await gateway.close();
  const added = await understudy.feedback({ callId: callId ?? '', name: 'rating', value: 4, id: 'r' });
  assert.deepEqual(added, { added: true });
  assert.deepEqual(await understudy.feedback({ callId: callId ?? '', name: 'rating', value: 1, id: 'r' }), {
    added: false,
  });
  const [call] = await Array.fromAsync(understudy.calls());
  assert.equal(call?.response?.message.content, 'delivery');
  assert.equal(call?.feedback?.correction?.content, 'billing');
  const { feedback, outcomes, lost } = await understudy.status();
  assert.equal(feedback, 3);
  assert.deepEqual(lost, {});
  assert.deepEqual(
    outcomes.map(({ name, llmAlone, withSpecialists }) => [
      name,
      llmAlone.n,
      llmAlone.mean,
      withSpecialists.n,
    ]),
    [
      ['rating', 1, 4, 0],
      ['resolved', 1, 1, 0],
    ],
  );
});
