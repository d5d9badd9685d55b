import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OpenAI from 'openai';
import { type CallRecord, callSites, handle, mailText } from './agent.ts';
import { playDay } from './day.ts';
import { isRight } from './judge.ts';
import type { Mail, Question } from './mailbox/mail.ts';
import { writeDay } from './mailbox/mailbox.ts';
import {
  actionPrompt,
  detailsFormat,
  detailsPrompt,
  goodsLabels,
  orderLabels,
  tools,
  triagePrompt,
} from './prompts.ts';
import { type StandIn, startStandIn } from './stand-in.ts';

const day = writeDay({ seed: 5, morning: 120, afternoon: 60 });
const work = [...day.morning, ...day.afternoon];
const mails = work.filter((item): item is Mail => item.kind === 'mail');
const byId = new Map(work.map((item) => [item.id, item]));
const pace = { mailbox: work, timeScale: 0 };

const messagesFor = (system: string, user: string) => [
  { role: 'system' as const, content: system },
  { role: 'user' as const, content: user },
];

describe('the stand-in, asked by the official client', () => {
  let standIn: StandIn;
  let client: OpenAI;
  before(async () => {
    standIn = await startStandIn({ ...pace, mistakes: 0 });
    client = new OpenAI({ baseURL: standIn.url, apiKey: 'none', maxRetries: 0 });
  });
  after(() => standIn.close());

  test('says what it is', async () => {
    const { data, response } = await client.chat.completions
      .create({ model: 'gpt-4.1', messages: messagesFor(triagePrompt, mailText(mails[0]!)) })
      .withResponse();
    assert.equal(data.system_fingerprint, 'understudy-stand-in');
    assert.match(response.headers.get('x-stand-in') ?? '', /no LLM/);
    assert.ok(Number(response.headers.get('x-stand-in-latency-ms')) > 100);
    assert.ok(data.usage!.prompt_tokens > 100);
  });

  test('answers with the words of the mail that it is shown', async () => {
    const mail = mails.find(({ truth, body }) => {
      const { order, product } = truth.details;
      return order !== null && product !== null && body.includes(order) && body.includes(product);
    })!;
    const { order, product } = mail.truth.details;
    const [first = '', ...rest] = product!.split(' ');
    const user = mailText(mail)
      .replaceAll(order!, '10001')
      .replaceAll(product!, ['Sarrin', ...rest].join(' '));
    const { choices } = await client.chat.completions.create({
      model: 'gpt-4.1',
      messages: messagesFor(detailsPrompt, user),
      response_format: detailsFormat,
    });
    const said = JSON.parse(choices[0]?.message.content ?? '');
    assert.notEqual(first, 'Sarrin');
    assert.deepEqual(said, { ...mail.truth.details, order: '10001', product: ['Sarrin', ...rest].join(' ') });
  });

  test('gives the same text, JSON and tool call streamed as whole', async () => {
    const mail = mails.find(
      ({ truth }) => truth.details.product !== null && orderLabels.has(truth.category),
    )!;
    const user = mailText(mail);
    const requests = [
      { messages: messagesFor(triagePrompt, user) },
      { messages: messagesFor(detailsPrompt, user), response_format: detailsFormat },
      { messages: messagesFor(actionPrompt, user), tools, tool_choice: 'required' as const },
    ];
    for (const request of requests) {
      const whole = await client.chat.completions.create({ model: 'gpt-4.1', ...request });
      const stream = client.chat.completions.stream({
        model: 'gpt-4.1',
        ...request,
        stream_options: { include_usage: true },
      });
      const streamed = await stream.finalChatCompletion();
      const [a, b] = [whole.choices[0]!, streamed.choices[0]!];
      assert.equal(b.finish_reason, a.finish_reason);
      const calls = (message: typeof a.message) =>
        message.tool_calls?.map((call) =>
          call.type === 'function' ? [call.function.name, call.function.arguments] : [],
        );
      assert.deepEqual(calls(b.message), calls(a.message));
      const parsed = (text: string | null) => (text?.startsWith('{') ? JSON.parse(text) : text);
      assert.deepEqual(parsed(b.message.content), parsed(a.message.content));
      assert.ok((streamed.usage?.completion_tokens ?? 0) > 0);
    }
  });

  test('finds the mail when names, addresses and numbers were replaced by others', async () => {
    const mail = mails[1]!;
    const text = mailText(mail)
      .replaceAll(mail.from.name, 'Jane Roe')
      .replaceAll(mail.from.email, 'x@y.example');
    const data = await client.chat.completions.create({
      model: 'gpt-4.1',
      messages: messagesFor(triagePrompt, text),
    });
    assert.equal(data.choices[0]!.message.content, mail.truth.category);
  });

  test('answers a question of the staff, and refuses what is not from its mailbox', async () => {
    const question = work.find((item): item is Question => item.kind === 'question')!;
    const calls: CallRecord[] = [];
    await handle(question, { client, model: 'gpt-4.1', onCall: (record) => calls.push(record) });
    assert.deepEqual(
      calls.map(({ site, output }) => [site, output]),
      [['chat', { kind: 'text', text: question.answer }]],
    );
    const unknown = [
      messagesFor(triagePrompt, 'Ticket ZZZZZ\nSubject: x\n\ny'),
      messagesFor('You are somebody else.', mailText(mails[0]!)),
    ];
    for (const messages of unknown) {
      await assert.rejects(client.chat.completions.create({ model: 'gpt-4.1', messages }), { status: 400 });
    }
  });
});

test('mistakes come in the stated share, and asking again may be answered right', async () => {
  const standIn = await startStandIn({ ...pace, mistakes: 0.2, seed: 3 });
  try {
    const log = await playDay(work, { baseURL: standIn.url, apiKey: 'none' });
    const judged = log.calls.filter(({ site }) => site !== 'reply' && site !== 'chat');
    const wrong = judged.filter(
      ({ site, workId, output }) => !isRight(site, byId.get(workId)!, output),
    ).length;
    const told = Object.values(standIn.stats()).reduce((sum, { mistakes }) => sum + mistakes, 0);
    assert.equal(wrong, told, 'each mistake is wrong against the truth, and nothing else is');
    // Five standard deviations of the binomial: the seed is fixed, so this holds for good or not at all.
    const n = judged.length;
    assert.ok(Math.abs(wrong - 0.2 * n) < 5 * Math.sqrt(n * 0.2 * 0.8), `${wrong} of ${n}`);

    const client = new OpenAI({ baseURL: standIn.url, apiKey: 'none' });
    const messages = messagesFor(triagePrompt, mailText(mails[0]!));
    const answers = new Set<string | null>();
    for (let i = 0; i < 40; i++) {
      const data = await client.chat.completions.create({ model: 'gpt-4.1', messages });
      answers.add(data.choices[0]!.message.content);
    }
    assert.ok(answers.size > 1 && answers.has(mails[0]!.truth.category));
  } finally {
    await standIn.close();
  }
});

test('the agent works through a day: every mail sorted, orders looked into, all right without mistakes', async () => {
  const standIn = await startStandIn({ ...pace, mistakes: 0 });
  try {
    const progress: number[] = [];
    const log = await playDay(work, {
      baseURL: standIn.url,
      apiKey: 'none',
      onProgress: (done) => progress.push(done),
    });
    assert.deepEqual(log.failures, []);
    assert.equal(log.done, work.length);
    assert.equal(progress.at(-1), work.length);
    const sites = Object.fromEntries(
      callSites.map(({ name }) => [name, log.calls.filter(({ site }) => site === name).length]),
    );
    const mailsWith = (labels: ReadonlySet<string>) =>
      mails.filter(({ truth }) => labels.has(truth.category)).length;
    assert.equal(sites.triage, mails.length);
    assert.equal(sites.details, mailsWith(goodsLabels));
    assert.equal(sites.action, mailsWith(orderLabels));
    assert.equal(sites.chat, work.length - mails.length);
    assert.ok(sites.reply! > 0.12 * mails.length && sites.reply! < 0.32 * mails.length);
    for (const { site, workId, output } of log.calls)
      assert.notEqual(isRight(site, byId.get(workId)!, output), false);
  } finally {
    await standIn.close();
  }
});

test('the calls of one mail carry one trace, and the headers of who served reach the listener', async () => {
  const standIn = await startStandIn({ ...pace, mistakes: 0 });
  try {
    const traces: string[] = [];
    const client = new OpenAI({
      baseURL: standIn.url,
      apiKey: 'none',
      fetch: async (url, init) => {
        traces.push(new Headers(init?.headers).get('traceparent') ?? '');
        const response = await fetch(url, init);
        const headers = new Headers(response.headers);
        headers.set('x-understudy-call-id', `call-${traces.length}`);
        headers.set('x-understudy-served-by', 'llm');
        return new Response(response.body, { status: response.status, headers });
      },
    });
    const mail = mails.find(({ truth }) => orderLabels.has(truth.category))!;
    const calls: CallRecord[] = [];
    await handle(mail, { client, model: 'gpt-4.1', onCall: (record) => calls.push(record) });
    assert.equal(traces.length, 3);
    for (const trace of traces) assert.match(trace, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    assert.equal(new Set(traces.map((trace) => trace.slice(0, 35))).size, 1);
    assert.equal(new Set(traces).size, 3);
    assert.deepEqual(
      calls.map(({ callId }) => callId),
      ['call-1', 'call-2', 'call-3'],
    );
    assert.ok(calls.every(({ servedBy }) => servedBy === 'llm'));
  } finally {
    await standIn.close();
  }
});

test('a day is broken off by its signal, and failed calls are told, not thrown', async () => {
  const standIn = await startStandIn({ mailbox: work.slice(0, 1), timeScale: 0 });
  try {
    const unknown = await playDay(work.slice(1, 4), { baseURL: standIn.url, apiKey: 'none' });
    assert.equal(unknown.failures.length, 3);
    const stop = new AbortController();
    const log = await playDay(work, {
      baseURL: standIn.url,
      apiKey: 'none',
      concurrency: 2,
      signal: stop.signal,
      onProgress: (done) => done === 5 && stop.abort(),
    });
    assert.ok(log.done >= 5 && log.done < 8);
  } finally {
    await standIn.close();
  }
});

test('judging: labels, JSON and tool calls by value, text not at all', () => {
  const mail = mails.find(({ truth }) => truth.action.name === 'start_return')!;
  const { category, details, action } = mail.truth;
  const shuffled = JSON.stringify(Object.fromEntries(Object.entries(details).reverse()), null, 2);
  assert.equal(isRight('triage', mail, { kind: 'text', text: ` ${category}\n` }), true);
  assert.equal(isRight('triage', mail, { kind: 'text', text: 'complaint' }), false);
  assert.equal(isRight('details', mail, { kind: 'text', text: shuffled }), true);
  assert.equal(
    isRight('details', mail, { kind: 'text', text: JSON.stringify({ ...details, quantity: 9 }) }),
    false,
  );
  assert.equal(isRight('details', mail, { kind: 'text', text: 'not JSON' }), false);
  const args = JSON.stringify(action.arguments);
  assert.equal(isRight('action', mail, { kind: 'tool', name: action.name, arguments: args }), true);
  assert.equal(isRight('action', mail, { kind: 'tool', name: 'cancel_order', arguments: args }), false);
  assert.equal(isRight('reply', mail, { kind: 'text', text: 'Hello' }), null);
});
