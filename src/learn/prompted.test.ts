/**
 * A cheaper model with the caller's own prompt, through a whole learning run: proved where it is good and cheap, and not even
 * asked where it costs as much as the LLM. Real stages, store and HTTP; the model is a server that knows the rule.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { plainCall } from '../../test/support/calls.ts';
import { type ChatServer, startChatServer } from '../../test/support/chat-server.ts';
import { openKeys } from '../capture/vault.ts';
import type { Call } from '../core/call.ts';
import { configSchema } from '../core/config.ts';
import { seededRandom } from '../core/random.ts';
import { linearRuntime } from '../runtime/linear.ts';
import { givesLogprobs, promptedRuntime } from '../runtime/prompted.ts';
import { priceOfServer } from '../setup/server-price.ts';
import { openSqliteStore } from '../store/sqlite/store.ts';
import { linearTrainer } from '../train/linear/trainer.ts';
import { promptedTrainer } from '../train/prompted/trainer.ts';
import { learn } from './pipeline.ts';
import type { LearnContext } from './trial.ts';

const PROMPT = 'Is the sum of the two numbers even or odd? Answer with one word and no more.';
const dir = mkdtempSync(join(tmpdir(), 'understudy-learn-prompted-'));
const open: { close(): Promise<void> | void }[] = [];
after(async () => {
  for (const each of open) await each.close();
  rmSync(dir, { recursive: true });
});

/** Sums are beyond a linear model on words. */
function calls(n: number): Call[] {
  const random = seededRandom(1);
  return Array.from({ length: n }, (_, i) => {
    const [a, b] = [random.below(90), random.below(90)];
    return plainCall(
      i,
      { system: PROMPT, user: `${a} and ${b}, in batch ${i}`, answer: (a + b) % 2 === 0 ? 'even' : 'odd' },
      {
        request: { model: 'gpt-4o' },
        response: { model: 'gpt-4o', usage: { promptTokens: 100, completionTokens: 10, cachedTokens: 0 } },
        latencyMs: 800,
      },
    );
  });
}

/** Right but for one in 20, of which it is unsure. */
async function serverOfSums(): Promise<ChatServer> {
  const server = await startChatServer(({ messages }) => {
    const [, a, b, i] = /(\d+) and (\d+), in batch (\d+)/.exec(messages.at(-1)!.content) ?? [];
    if (a === undefined) return { content: 'yes', logprob: 0 };
    const unsure = Number(i) % 20 === 0;
    const isEven = (Number(a) + Number(b)) % 2 === 0;
    return { content: isEven !== unsure ? 'even' : 'odd', logprob: unsure ? -1.5 : -0.01 };
  });
  open.push(server);
  return server;
}

async function learnWith(server: ChatServer, price: number): Promise<Awaited<ReturnType<typeof learn>>> {
  const dataDir = mkdtempSync(join(dir, 'data-'));
  const config = configSchema.parse({
    dataDir,
    prompted: [
      {
        baseUrl: server.baseUrl,
        model: 'small',
        concurrency: 8,
        price: { input_cost_per_token: price, output_cost_per_token: price },
      },
    ],
  });
  const store = openSqliteStore(join(dataDir, 'understudy.db'), openKeys({ dataDir }).cipher);
  const runtime = promptedRuntime({ servers: config.prompted, guarded: false });
  open.push(store, runtime);
  const context: LearnContext = {
    config,
    store,
    models: new Set<string>(),
    notes: [],
    trainers: [
      linearTrainer({ encoder: null }),
      promptedTrainer({
        servers: config.prompted,
        priceOf: (each) => priceOfServer(each, config.prices),
        givesLogprobs,
      }),
    ],
    runtimes: [linearRuntime({ encoder: null }), runtime],
  };
  return learn(calls(900), context, {});
}

test('a cheaper model is proved with the caller’s own prompt, and serves what it is sure of', async () => {
  const server = await serverOfSums();
  const [task] = (await learnWith(server, 1e-7)).tasks;
  assert.equal(task?.outcome, 'passed', task?.reason);
  assert.equal(task.specialist?.artefact.rung, 'prompted');
  const { coverage, servedError } = task.specialist.evidence.exam;
  assert.ok(coverage.share > 0.9 && servedError.hits === 0, `${coverage.share} ${servedError.hits}`);
  const { reason } = task.verdicts.find(({ chosen }) => chosen)!;
  assert.match(reason, /for 3 % of the LLM’s price/);
  // With the prompt that the agent wrote, and of the calls that are held back alone.
  const asked = server.asked.slice(1).map(({ body }) => body.messages);
  assert.ok(asked.every(([system]) => system?.content === PROMPT));
  assert.ok(new Set(asked.map(([, user]) => user?.content)).size < 600);
});

test('a model that costs as much as the LLM is not asked', async () => {
  const server = await serverOfSums();
  const [task] = (await learnWith(server, 1e-5)).tasks;
  assert.equal(task?.outcome, 'refused');
  const { reason } = task.verdicts.find(({ candidate }) => candidate.rung === 'prompted')!;
  assert.match(reason, /it would save nothing/);
  assert.equal(server.asked.length, 0);
});

test('a server’s price is its own, then its model’s, and nothing on this machine', () => {
  const of = (given: object): ReturnType<typeof priceOfServer> => {
    const { prompted, prices } = configSchema.parse({ prompted: [{ model: 'gpt-4o-mini', ...given }] });
    return priceOfServer(prompted[0]!, prices);
  };
  const price = { input_cost_per_token: 1, output_cost_per_token: 2 };
  assert.deepEqual(of({ baseUrl: 'https://api.example.com/v1', price }), { input: 1, output: 2 });
  assert.equal(of({ baseUrl: 'https://api.example.com/v1' })?.output, 0.6e-6);
  assert.equal(of({ baseUrl: 'https://api.example.com/v1', model: 'nobody-knows' }), null);
  for (const host of ['127.0.0.1', 'localhost', '[::1]'])
    assert.deepEqual(of({ baseUrl: `http://${host}:11434/v1` }), { input: 0, output: 0 });
  assert.equal(of({ baseUrl: 'http://127.evil.com/v1', model: 'x' }), null);
});
