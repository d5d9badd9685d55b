import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Act, BODY, busy, ok, request, world } from '../../../test/support/scripted-servers.ts';
import type { UnderstudyError } from '../../core/errors.ts';
import type { UpstreamRequest } from '../upstream.ts';

const act = fc.oneof<fc.Arbitrary<Act>[]>(
  fc.constantFrom<Act>({ kind: 'refuse' }, { kind: 'reset' }, { kind: 'hang' }, ok),
  fc.record({
    kind: fc.constant('answer' as const),
    status: fc.constantFrom(200, 200, 400, 429, 500, 503, 529),
    afterMs: fc.integer({ min: 0, max: 3000 }),
  }),
  fc.record({
    kind: fc.constant('answer' as const),
    status: fc.constantFrom(429, 503),
    afterMs: fc.integer({ min: 0, max: 50 }),
    retryAfter: fc.integer({ min: 0, max: 20 }),
  }),
  fc.record({ kind: fc.constant('break' as const), afterMs: fc.integer({ min: 0, max: 100 }) }),
);
const script = fc.array(act, { minLength: 1, maxLength: 6 });

test('over random failures each client sees one whole answer, or the last server’s own error', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(script, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 5 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 5 }),
      async (scripts, attempts, isStored, calls) => {
        const names = ['main', 'two', 'three', 'four'];
        const { sent, ask, clock } = world(Object.fromEntries(scripts.map((one, i) => [names[i]!, one])), {
          retry: { attempts, attemptTimeoutMs: 1000, timeoutMs: 8000 },
          servers: { four: { priority: 2 } },
        });
        const body = isStored ? JSON.stringify({ ...JSON.parse(BODY), store: true }) : BODY;
        for (let i = 0; i < calls; i++) {
          const before = sent.length;
          const begun = clock.now();
          const seen = await ask(request(body));
          const mine = sent.slice(before);
          const last = mine.at(-1)!;
          assert.ok(mine.length <= attempts, 'more attempts than allowed');
          assert.ok(seen.at - begun <= 8000, 'more time than allowed');
          assert.ok(seen.heads.length <= 1, 'more than one head');
          const accepted = mine.filter((one) => one.act.kind !== 'refuse');
          if (isStored) {
            assert.ok(accepted.length <= 1, 'what is stored was accepted twice');
            assert.ok(mine.every((one) => one.server === 'main'));
          }
          // What came, came from the last that was asked, which so was not asked again.
          const text = `${last.server}#${sent.length} `;
          if (last.act.kind === 'answer' && seen.error === null) {
            assert.equal(seen.heads[0]?.status, last.act.status);
            assert.equal(seen.text, `${text}end`);
          } else if (last.act.kind === 'break' && seen.heads.length === 1) {
            assert.equal(seen.text, text);
            assert.ok(seen.error);
          } else {
            assert.equal(seen.heads.length, 0);
            assert.equal(seen.text, '');
            assert.ok(seen.error);
          }
          mine.slice(1).forEach((one, at) => {
            const earlier = mine.slice(0, at + 1).findLast(({ server: name }) => name === one.server);
            const wait = earlier?.act.kind === 'answer' ? earlier.act.retryAfter : undefined;
            if (wait !== undefined) assert.ok(one.at - earlier!.at >= wait * 1000, 'came back too early');
          });
        }
      },
    ),
    { numRuns: 400 },
  );
});

test('one server without more attempts is asked once, whatever it says', async () => {
  const { sent, ask } = world({ main: [busy(1)] }, { retry: { attempts: 1 } });
  const { heads, text } = await ask();
  assert.deepEqual([heads[0]?.status, text, sent.length], [429, 'main#1 end', 1]);
});

test('a server that asks to be left alone is asked again after that, and not where the caller will be gone by then', async () => {
  const patient = world({ main: [busy(20), ok] });
  assert.equal((await patient.ask()).heads[0]?.status, 200);
  assert.equal(patient.sent[1]!.at - patient.sent[0]!.at, 20_005);
  const hurried = world({ main: [busy(20), ok] });
  const asked = request();
  const { heads } = await hurried.ask({ ...asked, headers: [...asked.headers, 'X-Stainless-Timeout', '15'] });
  assert.deepEqual([heads[0]?.status, hurried.sent.length], [429, 1]);
});

test('another server is asked at once, one of a larger number only where none of a smaller is left', async () => {
  const { sent, ask, clock } = world(
    { main: [busy(30)], two: [{ kind: 'reset' }], far: [ok] },
    { servers: { far: { priority: 2 } } },
  );
  const begun = clock.now();
  assert.equal((await ask()).heads[0]?.from, 'far');
  assert.deepEqual(sent.map((one) => one.server).sort(), ['far', 'main', 'two']);
  assert.equal(sent[2]!.server, 'far');
  assert.ok(sent[2]!.at - begun < 100);
});

test('a server that keeps failing is passed over, and asked by one call a time until it is back', async () => {
  const down: Act = { kind: 'answer', status: 500, afterMs: 1 };
  const { sent, ask, clock, events, upstream } = world(
    { main: [down, down, down, down, ok], two: [ok] },
    { retry: { attempts: 1 }, breaker: { failures: 3, openMs: 10_000 }, servers: { two: { priority: 2 } } },
  );
  for (let i = 0; i < 3; i++) assert.equal((await ask()).heads[0]?.status, 500);
  assert.equal(upstream.states()[0]?.state, 'open');
  assert.equal((await ask()).heads[0]?.from, 'two');
  clock.advance(10_000);
  // The probe fails: twice the time.
  assert.equal((await ask()).heads[0]?.status, 500);
  clock.advance(10_000);
  assert.equal((await ask()).heads[0]?.from, 'two');
  clock.advance(10_000);
  assert.equal((await ask()).heads[0]?.from, 'main');
  assert.equal(upstream.states()[0]?.state, 'closed');
  assert.equal(sent.filter((one) => one.server === 'main').length, 5);
  assert.deepEqual(
    events.flatMap((event) => (event.kind === 'circuit' ? [event.state] : [])),
    ['open', 'closed'],
  );
});

test('while a probe is under way no other call goes to its server', async () => {
  const { clock, upstream, sent, ask } = world(
    { main: [{ kind: 'reset' }, { kind: 'hang' }], two: [ok] },
    { retry: { attempts: 1 }, breaker: { failures: 1, openMs: 1000 }, servers: { two: { priority: 2 } } },
  );
  await ask();
  clock.advance(1000);
  const gone = new AbortController();
  const nobody = { onHead: () => {}, onData: () => undefined };
  const probe = upstream.send(request(), nobody, gone.signal).catch((error: UnderstudyError) => error.code);
  assert.equal(upstream.states()[0]?.state, 'half-open');
  assert.equal((await ask()).heads[0]?.from, 'two');
  gone.abort();
  assert.equal(await probe, 'cancelled');
  // The client has gone, the server has said nothing: the next call asks.
  assert.equal(upstream.states()[0]?.state, 'open');
  assert.equal(sent.length, 3);
});

test('where every server is passed over a call goes to the main one all the same', async () => {
  const { ask } = world(
    { main: [{ kind: 'reset' }, ok] },
    { retry: { attempts: 1 }, breaker: { failures: 1, openMs: 9000 } },
  );
  assert.ok((await ask()).error);
  assert.equal((await ask()).heads[0]?.status, 200);
});

test('a client that leaves ends the attempt, and there is no other', async () => {
  const { upstream, sent } = world(
    { main: [{ kind: 'hang' }], two: [ok] },
    { servers: { two: { priority: 2 } } },
  );
  const gone = new AbortController();
  const nobody = { onHead: () => {}, onData: () => undefined };
  const all = upstream.send(request(), nobody, gone.signal);
  gone.abort();
  await assert.rejects(all, { code: 'cancelled' });
  assert.equal(sent.length, 1);
});

test('a server beside the main one gets its own key and its name of the model, and nothing of the caller’s account', async () => {
  const { sent, ask } = world(
    { main: [{ kind: 'reset' }], two: [ok] },
    { servers: { two: { apiKey: 'own', models: { 'm*': 'theirs' }, priority: 2 } } },
  );
  const asked = request('{ "model" :"m1","messages":[{"role":"user","content":"hi"}], "x": 1.0 }');
  await ask({
    ...asked,
    path: `${asked.path}?key=secret&beta=true`,
    headers: [
      ...[
        'OpenAI-Organization',
        'Cookie',
        'X-Goog-Api-Key',
        'Helicone-Auth',
        'X-Other',
        'Idempotency-Key',
      ].flatMap((name) => [name, 'secret']),
      ...asked.headers,
      ...['Content-Type', 'application/json', 'X-Stainless-Lang', 'js'],
    ],
  });
  const [first, second] = sent;
  assert.equal(first?.request.body, asked.body);
  assert.deepEqual(second?.request.headers, [
    ...['Content-Type', 'application/json', 'X-Stainless-Lang', 'js'],
    ...['authorization', 'Bearer own'],
  ]);
  assert.equal(second?.request.path, `${asked.path}?beta=true`);
  assert.equal(
    String(second?.request.body),
    '{ "model" :"theirs","messages":[{"role":"user","content":"hi"}], "x": 1.0 }',
  );
});

const ONE_TIMERS: Readonly<Record<string, [body: object, path: string]>> = {
  'a response that is stored': [{ model: 'm', input: 'hi' }, '/v1/responses'],
  'what goes on with a stored response': [
    { model: 'm', input: 'hi', store: false, previous_response_id: 'r' },
    '/v1/responses',
  ],
  'a completion that is stored': [{ model: 'm', messages: [], store: true }, '/v1/chat/completions'],
  'a message with an uploaded file': [
    { model: 'm', messages: [{ role: 'user', content: [{ type: 'image', source: { file_id: 'f' } }] }] },
    '/v1/messages',
  ],
  'a call for a model that the other does not have': [{ model: 'n', messages: [] }, '/v1/chat/completions'],
};
for (const [name, [body, path]] of Object.entries(ONE_TIMERS)) {
  test(`${name} goes to the main server alone`, async () => {
    const { sent, ask } = world(
      { main: [{ kind: 'reset' }], two: [ok] },
      { servers: { two: { models: { m: 'm' } } }, retry: { attempts: path.endsWith('completions') ? 2 : 3 } },
    );
    await ask(request(JSON.stringify(body), path));
    assert.ok(sent.every((one) => one.server === 'main'));
    if (name.includes('stored') || name.includes('file')) assert.equal(sent.length, 1);
  });
}

test('what was never sent is tried again, even where it would be stored', async () => {
  const { sent, ask } = world({ main: [{ kind: 'refuse' }, ok] });
  const { heads } = await ask(request(JSON.stringify({ model: 'm', input: 'hi' }), '/v1/responses'));
  assert.deepEqual([heads[0]?.status, sent.length], [200, 2]);
});

test('a call that is not trusted, and what is no call, goes to the main server once', async () => {
  const { sent, ask } = world({ main: [{ kind: 'reset' }], two: [ok] });
  const { call: _, ...bare } = request();
  await ask(bare);
  await ask({ ...bare, call: { isTrusted: false, session: null } });
  assert.deepEqual(
    sent.map((one) => one.server),
    ['main', 'main'],
  );
});

test('a specialist’s answer is not compared with another model’s', async () => {
  const { sent, ask } = world(
    { main: [{ kind: 'reset' }], two: [ok], same: [ok] },
    { servers: { two: { models: { m: 'other' } }, same: { priority: 3 } } },
  );
  await ask({ ...request(), call: { isTrusted: true, session: null, isReference: true } });
  assert.deepEqual(
    sent.map((one) => one.server),
    ['main', 'same'],
  );
});

test('conversations are shared by weight, and each stays where it is until its server fails', async () => {
  const { sent, ask } = world(
    { main: [ok], two: [ok] },
    { servers: { two: { weight: 3 } }, breaker: { failures: 1, openMs: 1e9 } },
  );
  const turns = (i: number, more: readonly object[] = []): UpstreamRequest =>
    request(JSON.stringify({ model: 'm', messages: [{ role: 'user', content: `task ${i}` }, ...more] }));
  const servers = new Map<number, string>();
  for (let i = 0; i < 400; i++) {
    await ask(turns(i));
    servers.set(i, sent.at(-1)!.server);
  }
  const share = [...servers.values()].filter((name) => name === 'two').length / 400;
  // Three quarters, four standard deviations of 400 draws.
  assert.ok(Math.abs(share - 0.75) < 0.087, String(share));
  for (let i = 0; i < 50; i++) {
    await ask(
      turns(i, [
        { role: 'assistant', content: 'a' },
        { role: 'user', content: 'b' },
      ]),
    );
    assert.equal(sent.at(-1)!.server, servers.get(i));
  }
});

test('a conversation that has moved does not move back', async () => {
  const { sent, ask, clock } = world(
    { main: [{ kind: 'reset' }, ok], two: [ok] },
    { servers: { two: { priority: 2 } } },
  );
  const more = request(
    JSON.stringify({
      model: 'm',
      messages: [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: 'a' },
        { role: 'user', content: 'b' },
      ],
    }),
  );
  await ask();
  await ask(more);
  assert.deepEqual(
    sent.map((one) => one.server),
    ['main', 'two', 'two'],
  );
  clock.advance(3_600_001);
  await ask(more);
  assert.equal(sent.at(-1)!.server, 'main');
});

test('a wait that a server asked for is shown, and over once it answers', async () => {
  const { ask, upstream, clock } = world({ main: [busy(30), ok] }, { retry: { attempts: 1 } });
  await ask();
  assert.equal(upstream.states()[0]?.waitsUntil, clock.now() + 30_000);
  await ask();
  assert.equal(upstream.states()[0]?.waitsUntil, null);
});

test('a server that is cut short by the time of all attempts is not blamed', async () => {
  const { ask, upstream } = world(
    { main: [busy(), { kind: 'hang' }] },
    { retry: { attempts: 2, attemptTimeoutMs: 5000, timeoutMs: 5000 } },
  );
  assert.equal((await ask()).error?.code, 'timed-out');
  assert.equal(upstream.states()[0]?.failures, 0);
});

test('no attempt begins with next to no time', async () => {
  const { ask, sent } = world(
    { main: [{ kind: 'hang' }], two: [ok] },
    { retry: { attempts: 2, attemptTimeoutMs: 4900, timeoutMs: 5000 }, servers: { two: { priority: 2 } } },
  );
  await ask();
  assert.equal(sent.length, 1);
});

const errors = {
  'in Anthropic’s words': 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error"}}\n\n',
  'in those of Chat Completions': 'data: {"error": {"message": "out of memory"}}\n\ndata: [DONE]\n\n',
  'in those of OpenAI’s Responses':
    'event: response.failed\ndata: {"type":"response.failed","response":{"error":{"code":"server_error"}}}\n\n',
  'beside a chunk': 'data: {"id":"c","choices":[],"error":{"code":502}}\n\ndata: [DONE]\n\n',
  'with the line ends of Windows': 'event:error\r\ndata: {}\r\n\r\n',
};
const whole = [
  'event: message_stop\ndata: {"type":"message_stop"}\n\n',
  'data: {"choices":[],"error":null}\n\ndata: [DONE]\n\n',
  'data: {"error": null, "choices": []}\n\n',
  `data: ${JSON.stringify({ text: '\n\nevent: error\ndata: {"error":{}}\n\n' })}\n\n`,
  'event: error\ndata: {}\n\ndata: {"choices":[]}\n\n',
  'event: response.failed\ndata: {"response":{"error":{"code":"invalid_prompt"}}}\n\n',
];

test('a stream that ends with an error event counts as a failure of its server, however it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(
        ...Object.values(errors).map((text) => ({ text, isError: true })),
        ...whole.map((text) => ({ text, isError: false })),
      ),
      fc.integer({ min: 1, max: 50 }),
      fc.constantFrom(0, 20_000),
      async ({ text, isError }, size, before) => {
        const all = `data: ${JSON.stringify({ text: 'x'.repeat(before) })}\n\n${text}`;
        const pieces = all.match(new RegExp(`[^]{1,${size}}`, 'g'))!;
        const { ask, upstream, events } = world(
          { main: [{ kind: 'stream', afterMs: 1, pieces }] },
          { breaker: { failures: 2, openMs: 1e9 } },
        );
        for (let i = 0; i < 2; i++) assert.equal((await ask()).text, all);
        assert.equal(upstream.states()[0]?.state, isError ? 'open' : 'closed');
        const [first] = events;
        assert.equal(first?.kind === 'attempt' && first.outcome, isError ? 'broken' : 'answered');
      },
    ),
    { numRuns: 100 },
  );
});
