/**
 * Log-probabilities that the caller asked for: through the gateway to the client untouched, and as other answers into
 * the store, sealed. Nobody is asked for any that the caller did not want.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openRecorder } from '../../src/capture/recorder.ts';
import { openDataFolder, REDACTION } from '../support/data-folder.ts';
import { completion, type Received, sendJson, startHarness } from './gateway-harness.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'understudy-logprobs-'));
after(() => rmSync(dataDir, { recursive: true }));

const logprob = (token: string, probability: number) => ({
  token,
  logprob: Math.log(probability),
  bytes: [...Buffer.from(token)],
});
/** Two tokens of an answer, each with the three likeliest of its place. */
const content = [
  {
    ...logprob('re', 0.7),
    top_logprobs: [logprob('re', 0.7), logprob('delivery', 0.2), logprob('Anna', 0.06)],
  },
  {
    ...logprob('fund', 0.9),
    top_logprobs: [logprob('fund', 0.9), logprob('turn', 0.08), logprob('quest', 0.001)],
  },
];
const body = JSON.parse(completion('refund')) as { choices: [{ logprobs: object | null }] };
body.choices[0].logprobs = { content, refusal: null };

/** Streams where the caller asked for a stream, with log-probabilities where it asked for those. */
function answer(received: Received, response: Parameters<typeof sendJson>[0]): void {
  const asked = JSON.parse(received.body.toString()) as { stream?: boolean; logprobs?: boolean };
  if (!asked.stream) {
    sendJson(response, asked.logprobs ? JSON.stringify(body) : completion('refund'));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const event = (delta: object, logprobs: object | null, finish: string | null = null): string => {
    const choice = { index: 0, delta, logprobs, finish_reason: finish };
    const chunk = {
      id: 'c',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'gpt-test',
      choices: [choice],
    };
    return `data: ${JSON.stringify(chunk)}\n\n`;
  };
  response.write(event({ role: 'assistant', content: '' }, null));
  for (const token of content) response.write(event({ content: token.token }, { content: [token] }));
  response.end(`${event({}, null, 'stop')}data: [DONE]\n\n`);
}

/** All that lies in the data folder: journal and store. */
function onDisk(): string {
  const entries = readdirSync(dataDir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  assert.ok(files.length > 1);
  return files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1')).join();
}

test('asked for, streamed and not: the client gets them, the store other answers, the upstream no more than was said', async () => {
  const { store, vault, drain, calls: read } = openDataFolder(dataDir, { busyTimeoutMs: 0 });
  const dir = join(dataDir, 'journal');
  const recorder = await openRecorder({ dir, vault, redaction: REDACTION, log: assert.fail });
  const { gateway, client, upstream, close } = await startHarness(answer, { recorder });
  const messages = [{ role: 'user' as const, content: 'Money back, please.\n\nBest regards,\nAnna Schmidt' }];
  const question = { model: 'gpt-test', messages, logprobs: true, top_logprobs: 3 };
  const plain = await client.chat.completions.create(question);
  const stream = await client.chat.completions.create({ ...question, stream: true });
  const streamed: unknown[] = [];
  for await (const chunk of stream) streamed.push(...(chunk.choices[0]?.logprobs?.content ?? []));
  const { choices } = await client.chat.completions.create({ model: 'gpt-test', messages });

  assert.deepEqual(plain.choices[0]?.logprobs?.content, content);
  assert.deepEqual(streamed, content);
  assert.equal(choices[0]?.logprobs, null);
  assert.deepEqual(
    upstream.received.map((received) => JSON.parse(received.body.toString())),
    [question, { ...question, stream: true }, { model: 'gpt-test', messages }],
  );
  assert.equal(gateway.stats().recording.recorded, 3);
  await close();
  await recorder.close();
  assert.doesNotMatch(onDisk(), /delivery|Anna/);
  assert.equal((await drain(dir)).calls, 3);
  assert.doesNotMatch(onDisk(), /delivery|Anna/);

  const calls = await read();
  // The customer's name is told neither as a name nor as another answer.
  const alternatives = [
    { start: 'delivery', probability: 0.2 },
    { start: 'return', probability: 0.056 },
  ];
  assert.deepEqual(
    calls.map(({ response }) => response?.alternatives),
    [alternatives, alternatives, undefined],
  );
  assert.ok(calls.every(({ response }) => response?.message.content === 'refund'));
  assert.doesNotMatch(JSON.stringify(calls), /Anna|Schmidt/);
  await store.close();
});
