/**
 * Free text through the whole loop with a judge, as a user has it: calls captured through the gateway, learnt with a judge on
 * a server, taken over in other words, and compared by the judge in service. The LLM, the small model and the judge are servers.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { configSchema } from '../../src/core/config.ts';
import type { LearnReport } from '../../src/core/learning.ts';
import { learnText } from '../../src/report/learn-text.ts';
import { statusText } from '../../src/report/status-text.ts';
import { openUnderstudy, type Understudy } from '../../src/understudy.ts';
import { type ChatServer, startChatServer } from '../support/chat-server.ts';
import { startMadeJudge } from '../support/made-judge.ts';

const PROMPT = 'You are the parcel desk. Tell the customer how long the order takes, in a friendly sentence.';
const dataDir = mkdtempSync(join(tmpdir(), 'understudy-judged-loop-'));
const servers: ChatServer[] = [];
const notes: string[] = [];
let understudy: Understudy;
let judge: ChatServer;
let learnt: LearnReport;
let isJudgeDown = false;

const orderIn = (text: string): string => /order (\d+)/.exec(text)?.[1] ?? '';
const days = (order: string): number => Number(order) % 9;

async function serve(answer: (order: string) => string): Promise<ChatServer> {
  const server = await startChatServer(({ messages }) => ({
    content: answer(orderIn(messages.at(-1)!.content)),
    logprob: -0.01,
  }));
  servers.push(server);
  return server;
}

/** Calls through the gateway; how many of them a specialist served. */
async function play(from: number, n: number): Promise<number> {
  const gateway = await understudy.startGateway();
  let served = 0;
  try {
    const ask = async (i: number): Promise<void> => {
      const response = await fetch(`${gateway.url}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer sk-caller' },
        body: JSON.stringify({
          model: 'gpt-4o',
          messages: [
            { role: 'system', content: PROMPT },
            { role: 'user', content: `How long will order ${10_000 + i * 7} take?` },
          ],
        }),
      });
      await response.text();
      if (response.headers.get('x-understudy-served-by') !== 'llm') served++;
    };
    for (let i = from; i < from + n; i += 10)
      await Promise.all(Array.from({ length: 10 }, (_, k) => ask(i + k)));
  } finally {
    await gateway.close();
  }
  return served;
}

before(async () => {
  const llm = await serve((order) =>
    Number(order) % 2 === 0
      ? `Order ${order} will reach you in ${days(order)} days, I am glad to say.`
      : `Good news: order ${order} arrives in about ${days(order)} days from today.`,
  );
  const small = await serve((order) => `It takes order ${order} just ${days(order)} days to come to you.`);
  judge = await startMadeJudge({}, () => (isJudgeDown ? { status: 401 } : null));
  servers.push(judge);
  const price = { input_cost_per_token: 1e-7, output_cost_per_token: 1e-7 };
  understudy = await openUnderstudy({
    config: configSchema.parse({
      dataDir,
      gateway: { port: 0 },
      upstream: { baseUrl: llm.baseUrl },
      gate: { epsilon: 0.05 },
      serve: { canaryShare: 1, stepAudits: 10, auditShare: 0.5 },
      prompted: [{ baseUrl: small.baseUrl, model: 'small', concurrency: 16, price }],
      judge: { baseUrl: judge.baseUrl, model: 'big', knownPairs: 120, concurrency: 16, price },
    }),
    // No pip on this path: nothing to fetch weights with.
    env: { PATH: dataDir },
    log: (line) => notes.push(line),
  });
  await play(0, 900);
  learnt = await understudy.learn();
});

after(async () => {
  await understudy.close();
  for (const server of servers) await server.close();
  rmSync(dataDir, { recursive: true });
});

describe('free text with a judge', () => {
  it('is proved in other words, and the report says by whom', () => {
    const [task] = learnt.tasks;
    assert.equal(task?.outcome, 'passed', task?.reason);
    assert.equal(task.specialist?.candidate.rung, 'prompted');
    const text = learnText(learnt, { width: 100, color: false });
    for (const said of [
      /judged\s+by\s+big/,
      /misses\s+at\s+most/,
      /Judging texts/,
      /about \d[\d,]* requests/,
    ])
      assert.match(text, said);
  });

  it('comes into service by the judge’s word on texts that never are equal', async () => {
    let served = 0;
    for (let round = 1; round <= 5 && served < 150; round++) served += await play(round * 1000, 200);
    const store = await understudy.store();
    const [deployment] = await store.deployments();
    assert.deepEqual(
      deployment?.history.map(({ stage }) => stage),
      ['shadow', 'canary', 'live'],
      JSON.stringify(deployment?.history),
    );
    assert.match(deployment.history.at(-1)!.reason, /texts judged by big/);
    const { audits } = await store.auditsSince(deployment.id, 0, 5000);
    assert.ok(audits.length > 50);
    assert.ok(audits.every(({ judged, correct }) => judged === true && correct));
    assert.ok(served > 100, `${served}`);
  });

  it('is paid for on record, and shown', async () => {
    const store = await understudy.store();
    const charges = await store.charges();
    const requests = (what: string): number =>
      charges.filter((each) => each.for === what).reduce((sum, each) => sum + each.requests, 0);
    assert.equal(requests('judge'), judge.asked.length);
    assert.ok(requests('learning') > 0 && requests('serving') > 0);
    const { total } = await understudy.savings();
    assert.ok(total.others > 0);
    const status = await understudy.status();
    assert.equal(status.judge?.name, 'big');
    const text = statusText(status, { width: 120, color: false });
    assert.match(text, /Judge big: \$\d.* are spent today/);
    assert.match(text, /texts are judged by big, which misses at most/);
  });

  it('stays as it is while the judge is down: nothing is counted against it, or for it', async () => {
    isJudgeDown = true;
    const store = await understudy.store();
    const [before] = await store.deployments();
    const count = (await store.countAudits(before!.id)).audits;
    const served = await play(9000, 100);
    assert.ok(served > 50, `${served}`);
    const [deployment] = await store.deployments();
    assert.equal(deployment?.stage, 'live');
    assert.equal((await store.countAudits(deployment.id)).audits, count);
    assert.ok(
      notes.some((line) => line.startsWith('big does not judge audits')),
      notes.join('\n'),
    );
  });
});
