/** The prompted rung over real HTTP: what a server is asked, and what becomes of its answers. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runtimeContract } from '../../test/contracts/runtime.ts';
import { proposalContract, wordExamples } from '../../test/contracts/trainer.ts';
import { type ChatAnswer, type ChatServer, startChatServer } from '../../test/support/chat-server.ts';
import { writeTinyModel } from '../../test/support/tiny-gguf.ts';
import type { OutputKind } from '../core/answer.ts';
import type { CallRequest } from '../core/call.ts';
import { configSchema, withoutSecrets } from '../core/config.ts';
import type { PromptedServer } from '../core/config-prompted.ts';
import type { Artefact } from '../core/specialist.ts';
import { promptedTrainer } from '../train/prompted/trainer.ts';
import { givesLogprobs, promptedRuntime } from './prompted.ts';
import { modelServer } from './server/http.ts';
import { languageModel } from './server/language.ts';
import { extractorStore, tuningStore } from './server/tunings.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-prompted-'));
const open: { close(): Promise<void> }[] = [];
after(async () => {
  for (const each of open) await each.close();
  rmSync(dir, { recursive: true });
});

const toServer = (given: { readonly baseUrl: string } & Partial<PromptedServer>): PromptedServer =>
  configSchema.parse({ prompted: [{ model: 'small', ...given }] }).prompted[0]!;

const trainerOf = (server: PromptedServer) =>
  promptedTrainer({ servers: [server], priceOf: () => ({ input: 0, output: 0 }), givesLogprobs });

let folders = 0;
async function specialistAt(
  server: PromptedServer,
  kind: OutputKind = 'label',
  examples = 0,
): Promise<Artefact> {
  const base = examples === 0 ? 'small' : `small with ${examples} examples`;
  return trainerOf(server).train({
    candidate: { id: 'c', taskId: 't', rung: 'prompted', base, recipe: { examples } },
    kind,
    train: wordExamples(),
    validation: [],
    dir: join(dir, String(folders++)),
    seed: 1,
  });
}

function runtimeAt(server: PromptedServer, guarded = false) {
  const runtime = promptedRuntime({ servers: [server], guarded });
  open.push(runtime);
  return runtime;
}

async function served(
  answer: (body: ChatServer['asked'][number]['body']) => ChatAnswer,
): Promise<ChatServer> {
  const server = await startChatServer(answer);
  open.push(server);
  return server;
}

const REQUEST: CallRequest = {
  model: 'gpt-4o',
  messages: [
    { role: 'system', content: 'You sort mails.' },
    { role: 'user', content: 'apple pie' },
  ],
  tools: [{ name: 'sort', description: 'Sorts.', parameters: { type: 'object' } }],
  toolChoice: 'auto',
  responseFormat: { type: 'json_object' },
  stream: true,
  params: { temperature: 0.7, max_tokens: 20, stop: ['.'], user: 'alice', metadata: { run: '1' }, n: 1 },
};

for (const examples of [0, 2])
  proposalContract(`prompted, ${examples} examples`, () => {
    const server = toServer({ baseUrl: 'http://127.0.0.1:9/v1', examples });
    return {
      trainer: promptedTrainer({ servers: [server], priceOf: () => null, givesLogprobs: async () => true }),
      candidate: { rung: 'prompted', base: examples === 0 ? 'small' : 'small with 2 examples' },
      bounded: false,
    };
  });

test('the server gets the caller’s prompt unchanged, for its own model, and nothing that names anybody', async () => {
  const server = await served(() => ({ content: '{"a":1}', logprob: -0.1 }));
  const configured = toServer({ baseUrl: server.baseUrl, apiKey: 'secret' });
  const artefact = await specialistAt(configured, 'json');
  const { answer, signals, usage } = await runtimeAt(configured).predict(artefact, 'apple pie', {
    request: REQUEST,
  });
  assert.equal(answer, '{"a":1}');
  assert.ok(Math.abs(signals.sequence! - Math.exp(-0.1)) < 1e-9);
  assert.deepEqual(usage, { promptTokens: 100, completionTokens: 10 });
  const { body, authorization } = server.asked.at(-1)!;
  assert.equal(authorization, 'Bearer secret');
  assert.deepEqual(body, {
    model: 'small',
    temperature: 0,
    max_tokens: 20,
    stop: ['.'],
    logprobs: true,
    messages: REQUEST.messages,
    tools: [
      { type: 'function', function: { name: 'sort', description: 'Sorts.', parameters: { type: 'object' } } },
    ],
    tool_choice: 'auto',
    response_format: { type: 'json_object' },
  });
});

test('without log-probabilities the most frequent of several answers is given, and their agreement is the confidence', async () => {
  const given = ['{"a": 1, "b": 2}', '{"b":2,"a":1}', '{"a":3}'];
  const server = await served(({ seed, max_tokens }) =>
    max_tokens === 4 ? { content: 'yes' } : { content: given[Number(seed ?? 0)]! },
  );
  const configured = toServer({ baseUrl: server.baseUrl });
  const artefact = await specialistAt(configured, 'json');
  const { answer, signals, usage } = await runtimeAt(configured).predict(artefact, 'x', { request: REQUEST });
  assert.equal(answer, '{"a":1,"b":2}');
  assert.deepEqual(Object.keys(signals), ['answered', 'agreement']);
  assert.equal(signals.agreement, 2.5 / 4);
  assert.deepEqual(usage, { promptTokens: 300, completionTokens: 30 });
  const asked = server.asked.slice(-3).map(({ body }) => [body.temperature, body.seed]);
  assert.deepEqual(asked, [
    [0, undefined],
    [1, 1],
    [1, 2],
  ]);
});

test('tool calls are read as answers, and sampled', async () => {
  const tool_calls = [{ id: '1', type: 'function', function: { name: 'sort', arguments: '{"to":"a"}' } }];
  const server = await served(() => ({ content: null, tool_calls, logprob: 0 }));
  const configured = toServer({ baseUrl: server.baseUrl, samples: 2 });
  const artefact = await specialistAt(configured, 'tool');
  const { answer, signals } = await runtimeAt(configured).predict(artefact, 'x', { request: REQUEST });
  assert.equal(answer, 'sort {"to":"a"}');
  assert.equal(signals.agreement, 2.5 / 3);
});

test('retrieved examples stand at the end of the system prompt, the most alike last', async () => {
  const server = await served(() => ({ content: 'A', logprob: -0.1 }));
  const configured = toServer({ baseUrl: server.baseUrl, examples: 2 });
  const artefact = await specialistAt(configured, 'label', 2);
  for (const { input } of wordExamples()) assert.ok(!readFileSync(artefact.path, 'utf8').includes(input));
  await runtimeAt(configured).predict(artefact, 'apple bear', { request: REQUEST });
  const { messages } = server.asked.at(-1)!.body;
  assert.equal(messages.length, 2);
  assert.equal(messages[1]?.content, 'apple pie');
  assert.ok(messages[0]!.content.startsWith('You sort mails.\n\nEarlier inputs of this kind'));
  assert.match(
    messages[0]!.content,
    /Input:\n(apple|bear)\n\nAnswer:\n[AB]\n\nInput:\n(apple|bear)\n\nAnswer:\n[AB]$/,
  );
  // Nothing alike, no examples; no system prompt, one of ours.
  await runtimeAt(configured).predict(artefact, 'zzz', { request: REQUEST });
  assert.deepEqual(server.asked.at(-1)!.body.messages, REQUEST.messages);
  const alone = { ...REQUEST, messages: REQUEST.messages.slice(1) };
  await runtimeAt(configured).predict(artefact, 'fish', { request: alone });
  assert.deepEqual(
    server.asked.at(-1)!.body.messages.map(({ role }) => role),
    ['system', 'user'],
  );
});

test('where the caller sets no limit, an answer may be twice as long as the longest known', async () => {
  const server = await served(() => ({ content: 'A', logprob: -0.1 }));
  const configured = toServer({ baseUrl: server.baseUrl });
  const request = { ...REQUEST, params: {} };
  await runtimeAt(configured).predict(await specialistAt(configured), 'x', { request });
  assert.equal(server.asked.at(-1)!.body.max_tokens, 18);
});

test('an answer that was cut off, or refused, is none, and not at all sure', async () => {
  let refuses = false;
  const server = await served(() => (refuses ? { status: 400 } : { content: 'A', logprob: -0.1 }));
  const configured = toServer({ baseUrl: server.baseUrl });
  const artefact = await specialistAt(configured);
  refuses = true;
  const { answer, signals } = await runtimeAt(configured).predict(artefact, 'x', { request: REQUEST });
  assert.equal(answer, '');
  assert.ok(Object.values(signals).every((signal) => signal === 0));
});

test('an answer that is late counts as none while learning, until several in a row are', async () => {
  const server = await served(({ max_tokens }) => (max_tokens === 4 ? { content: 'yes' } : { silent: true }));
  const configured = toServer({ baseUrl: server.baseUrl, timeoutMs: 20 });
  const artefact = await specialistAt(configured);
  const runtime = runtimeAt(configured);
  for (let i = 0; i < 3; i++) assert.equal((await runtime.predict(artefact, 'x')).answer, '');
  await assert.rejects(runtime.predict(artefact, 'x'), { code: 'timed-out' });
  await assert.rejects(runtimeAt(configured, true).predict(artefact, 'x'));
});

test('a server that the configuration no longer names is not asked, whatever the file says', async () => {
  const server = await served(() => ({ content: 'A', logprob: -0.1 }));
  const artefact = await specialistAt(toServer({ baseUrl: server.baseUrl }));
  const before = server.asked.length;
  const other = toServer({ baseUrl: 'http://127.0.0.1:9/v1', apiKey: 'secret' });
  await assert.rejects(runtimeAt(other).predict(artefact, 'x'), { code: 'unavailable' });
  assert.equal(server.asked.length, before);
});

test('a server that is not there is found out before anything is asked', async () => {
  await assert.rejects(specialistAt(toServer({ baseUrl: 'http://127.0.0.1:9/v1' })), { code: 'unavailable' });
});

test('each server has a breaker of its own, which tells how it is', async () => {
  const server = await startChatServer(() => ({ content: 'A', logprob: -0.1 }));
  const configured = toServer({ baseUrl: server.baseUrl });
  const artefact = await specialistAt(configured);
  const runtime = runtimeAt(configured, true);
  await runtime.predict(artefact, 'x');
  assert.equal(runtime.health()[0]?.state, 'closed');
  await server.close();
  await assert.rejects(runtime.predict(artefact, 'x'), { code: 'unavailable' });
  assert.equal(runtime.health()[0]?.failures, 1);
  assert.deepEqual(runtimeAt(configured).health(), []);
});

test('keys are not shown with the configuration', () => {
  const config = configSchema.parse({ prompted: [{ baseUrl: 'http://x/v1', model: 'm', apiKey: 'secret' }] });
  assert.ok(!JSON.stringify(withoutSecrets(config)).includes('secret'));
  assert.throws(() =>
    configSchema.parse({ prompted: [1, 2].map(() => ({ baseUrl: 'http://x/v1', model: 'm' })) }),
  );
});

runtimeContract('prompted, at our own model server', async () => {
  const path = join(dir, 'tiny.gguf');
  // Seed 3 is one whose greedy answers often end within forty tokens.
  writeTinyModel(path, { seed: 3, tied: false });
  const server = modelServer({
    baseName: 'tiny',
    token: 'key',
    encoder: null,
    tuning: tuningStore(),
    extractor: extractorStore(),
    language: languageModel({ modelPath: path, threads: 1, sequences: 1, contextTokens: 96, contexts: 1 }),
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({ close: async () => void server.close() });
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const configured = toServer({ baseUrl, model: 'tiny', name: 'small', apiKey: 'key', concurrency: 1 });
  const runtime = runtimeAt(configured);
  const artefact = await specialistAt(configured);
  const inputs: string[] = [];
  for (let i = 0; i < 400 && inputs.length < 3; i++) {
    const input = `${'abcdefghijklmnopqrstuvwxyz'.slice(i % 26, (i % 26) + 5)} ${i}`;
    if ((await runtime.predict(artefact, input)).answer !== '') inputs.push(input);
  }
  assert.equal(inputs.length, 3, 'too few inputs have an answer');
  return { runtime, artefact, inputs };
});
