/**
 * Free text through a whole learning run with a judge: real stages, store and HTTP. The small model and the judge are servers;
 * answers are as good as the LLM's where their numbers are the same, whatever the words.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { plainCall } from '../../test/support/calls.ts';
import { type ChatServer, startChatServer } from '../../test/support/chat-server.ts';
import { type MadeErrors, startMadeJudge } from '../../test/support/made-judge.ts';
import { openKeys } from '../capture/vault.ts';
import type { Call } from '../core/call.ts';
import { type Config, configSchema } from '../core/config.ts';
import type { TaskReport } from '../core/learning.ts';
import type { Store } from '../core/store.ts';
import { givesLogprobs, promptedRuntime } from '../runtime/prompted.ts';
import { openLedger } from '../savings/ledger.ts';
import { openJudge } from '../setup/judge.ts';
import { priceOfServer } from '../setup/server-price.ts';
import { openSqliteStore } from '../store/sqlite/store.ts';
import { promptedTrainer } from '../train/prompted/trainer.ts';
import { learn } from './pipeline.ts';
import type { LearnContext } from './trial.ts';

const PROMPT = 'You are the parcel desk. Tell the customer how long the order takes, in a friendly sentence.';
const dir = mkdtempSync(join(tmpdir(), 'understudy-judging-'));
const open: { close(): Promise<void> | void }[] = [];
after(async () => {
  for (const each of open) await each.close();
  rmSync(dir, { recursive: true });
});

const WAYS = [
  (order: string, days: number) => `Order ${order} will reach you in ${days} days, I am glad to say.`,
  (order: string, days: number) => `Your order ${order} needs ${days} days to arrive. Thank you for waiting!`,
  (order: string, days: number) => `Good news: order ${order} arrives in about ${days} days from today.`,
];
const answerTo = (order: string, way: number): string => WAYS[way % WAYS.length]!(order, Number(order) % 9);

function calls(n: number): Call[] {
  return Array.from({ length: n }, (_, i) => {
    const order = String(10_000 + i * 7);
    return plainCall(
      i,
      { system: PROMPT, user: `How long will order ${order} take?`, answer: answerTo(order, i) },
      {
        request: { model: 'gpt-4o' },
        response: { model: 'gpt-4o', usage: { promptTokens: 100, completionTokens: 20, cachedTokens: 0 } },
        latencyMs: 800,
      },
    );
  });
}

const orderIn = (text: string): string => /order (\d+)/.exec(text)?.[1] ?? '';

/** Words of its own; wrong in every 20th order, of which it is unsure. */
async function smallModel(isAlwaysWrong: boolean): Promise<ChatServer> {
  const server = await startChatServer(({ messages }) => {
    const order = orderIn(messages.at(-1)!.content);
    if (order === '') return { content: 'yes', logprob: 0 };
    const isWrong = isAlwaysWrong || Number(order) % 20 === 0;
    return {
      content: `It takes order ${order} just ${(Number(order) % 9) + Number(isWrong)} days to come to you.`,
      logprob: isWrong ? -2 : -0.01,
    };
  });
  open.push(server);
  return server;
}

interface Setting {
  readonly judge?: Partial<NonNullable<Config['judge']>>;
  readonly store?: Store;
  readonly calls?: number;
  readonly isSmallWrong?: boolean;
}

/** The task's report, by a judge at this server. */
async function learnWith(
  server: ChatServer,
  setting: Setting = {},
): Promise<{ task: TaskReport; store: Store }> {
  const dataDir = mkdtempSync(join(dir, 'data-'));
  const small = await smallModel(setting.isSmallWrong === true);
  const config = configSchema.parse({
    dataDir,
    prompted: [{ baseUrl: small.baseUrl, model: 'small', concurrency: 8 }],
    judge: {
      baseUrl: server.baseUrl,
      model: 'big',
      knownPairs: 120,
      dollarsADay: 5,
      concurrency: 32,
      price: { input_cost_per_token: 1e-6, output_cost_per_token: 1e-6 },
      ...setting.judge,
    },
  });
  const keys = openKeys({ dataDir });
  const store = setting.store ?? openSqliteStore(join(dataDir, 'understudy.db'), keys.cipher);
  const ledger = openLedger({ store: () => store });
  await ledger.sync();
  const judge = openJudge({
    config,
    env: {},
    ledger,
    store: () => store,
    // Stands in for the vault's, which is another one in each data folder.
    pseudonym: (text) => text,
  })!;
  const runtime = promptedRuntime({ servers: config.prompted, guarded: false });
  const context: LearnContext = {
    config,
    store,
    models: new Set<string>(),
    notes: [],
    judge,
    trainers: [
      promptedTrainer({
        servers: config.prompted,
        priceOf: (each) => priceOfServer(each, config.prices),
        givesLogprobs,
      }),
    ],
    runtimes: [runtime],
  };
  try {
    const { tasks } = await learn(calls(setting.calls ?? 1400), context, {});
    return { task: tasks[0]!, store };
  } finally {
    await ledger.sync();
    await Promise.all([ledger.close(), judge.close(), runtime.close()]);
    if (!setting.store) open.push(store);
  }
}

async function judgeOf(
  errors: MadeErrors,
  before?: Parameters<typeof startMadeJudge>[1],
): Promise<ChatServer> {
  const server = await startMadeJudge(errors, before);
  open.push(server);
  return server;
}

describe('learning with a judge', () => {
  it('proves text in other words, and tells by whom it was judged', async () => {
    const server = await judgeOf({});
    const { task, store } = await learnWith(server);
    assert.equal(task.outcome, 'passed', task.reason);
    const { gate, judge, exam } = task.specialist!.evidence;
    assert.equal(judge?.judge, 'big');
    assert.ok(exam.coverage.share > 0.8, `${exam.coverage.share}`);
    assert.ok(judge.differing.share > 0.9, 'hardly a text is equal');
    // The judge's limits are part of what was tested.
    assert.ok(gate.observedBound! < gate.epsilon && judge.limits.sensitivity < 1);
    assert.match(task.reason, /worse than the LLM’s answer.* The judge finds worse at least/);
    assert.equal(task.judge?.refusal, null);
    // Each request is in the book, and the estimate was no less.
    const [charge, ...others] = (await store.charges()).filter((each) => each.for === 'judge');
    assert.deepEqual(others, []);
    assert.equal(charge?.requests, server.asked.length);
    assert.ok(task.judge.cost.requests >= server.asked.length);
    // Nobody is told whose answer it is.
    assert.ok(server.asked.every(({ body }) => !/LLM|specialist|reference/i.test(JSON.stringify(body))));
  });

  it('pays for no more than the competition where no candidate is any good', async () => {
    const server = await judgeOf({});
    const { task, store } = await learnWith(server, { isSmallWrong: true });
    assert.equal(task.outcome, 'refused');
    assert.match(task.reason, /too few to spend held-back calls on a proof/);
    assert.equal(await store.gateTries(task.task.id), 0);
    // The known pairs, and the answers to the validation split.
    assert.ok(server.asked.length <= 2 * 120 + 2 * task.dataset!.sizes.validation);
  });

  it('pays no verdict twice when a run is killed and begun again', async () => {
    let answered = 0;
    const dying = await judgeOf({}, () => (++answered > 150 ? { status: 401 } : null));
    const first = await learnWith(dying);
    assert.equal(first.task.outcome, 'refused');
    const paid = dying.asked.slice(0, 150).map(({ body }) => JSON.stringify(body.messages));
    const server = await judgeOf({});
    // As if at the same address: what is kept names it.
    const { task } = await learnWith(
      { ...server, baseUrl: server.baseUrl },
      { store: renamed(first.store, dying.baseUrl, server.baseUrl) },
    );
    assert.equal(task.outcome, 'passed', task.reason);
    const again = server.asked.map(({ body }) => JSON.stringify(body.messages));
    assert.equal(new Set(again).size, again.length);
    assert.deepEqual(
      again.filter((messages) => paid.includes(messages)),
      [],
    );
  });

  it('stops at the day’s budget before a try at the gate is spent', async () => {
    const server = await judgeOf({});
    const { task, store } = await learnWith(server, { judge: { dollarsADay: 0.05 } });
    assert.equal(task.outcome, 'refused');
    assert.match(task.reason, /budget/);
    assert.equal(await store.gateTries(task.task.id), 0);
    const [charge] = (await store.charges()).filter((each) => each.for === 'judge');
    assert.ok(charge!.dollars <= 0.05 + 1e-9, `${charge!.dollars}`);
  });

  it('asks nothing of an upstream whose cost is not agreed to, and says what it would cost', async () => {
    const server = await judgeOf({});
    const { baseUrl: _, ...judge } = { baseUrl: undefined, from: 'upstream' as const };
    const { task } = await learnWith({ ...server, baseUrl: undefined as unknown as string }, { judge });
    assert.equal(server.asked.length, 0);
    assert.equal(task.outcome, 'refused');
    assert.match(task.reason, /big of the upstream would judge, and its cost is not agreed to/);
    assert.ok(task.judge!.cost.dollars > 0 && task.judge!.cost.requests > 500);
    assert.equal(task.judge!.texts > 900, true);
  });

  for (const [what, errors, reason] of [
    ['sees no difference', { always: 'TIE' }, /another call’s answer 0 of 30/],
    ['favours a place', { always: '1' }, /first place won in both orders in 100/],
    ['does not keep to the form', { always: 'Well, it depends.' }, /gives no verdict on any text/],
    ['overlooks most of what is wrong', { overlooks: 0.7 }, /errs too often to prove anything/],
    ['does what an answer tells it to', { obeys: true }, /an instruction to the judge 0 of 30/],
  ] as const)
    it(`refuses a judge that ${what}, and says what it did`, async () => {
      const server = await judgeOf(errors);
      const { task, store } = await learnWith(server);
      assert.equal(task.outcome, 'refused');
      assert.match(task.reason, reason);
      assert.equal(await store.gateTries(task.task.id), 0);
      assert.ok(server.asked.length <= 240, 'it was asked about known pairs alone');
    });

  it('waits for a server that is busy, and gives up on one that is down without spending a try', async () => {
    // Each seventh request is refused the first time that it comes.
    const met = new Set<string>();
    const busy = await judgeOf({}, (_, { messages }) => {
      const before = met.size;
      met.add(JSON.stringify(messages));
      return met.size > before && met.size % 7 === 0 ? { status: 429, retryAfter: '0' } : null;
    });
    assert.equal((await learnWith(busy)).task.outcome, 'passed');
    const down = await judgeOf({}, () => ({ status: 401 }));
    const { task, store } = await learnWith(down);
    assert.match(task.reason, /big could not be measured/);
    assert.equal(await store.gateTries(task.task.id), 0);
  });
});

/** The store as it would be if its verdicts were those of a judge at another address. */
function renamed(store: Store, from: string, to: string): Store {
  const back = (id: string): string => id.replaceAll(to, from);
  return new Proxy(store, {
    get: (target, name: keyof Store) => {
      if (name === 'paidVerdict') return (id: string) => target.paidVerdict(back(id));
      const value = target[name];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
