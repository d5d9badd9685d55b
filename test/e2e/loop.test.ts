/**
 * The whole loop, small: the example agent's calls are captured through the real gateway, learnt from, and taken over.
 * Without any weights: the lexical rung needs none, so this runs on a machine without a network.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type DayLog, playDay } from '../../examples/helpdesk/day.ts';
import { isRight } from '../../examples/helpdesk/judge.ts';
import type { Work } from '../../examples/helpdesk/mailbox/mail.ts';
import { writeDay } from '../../examples/helpdesk/mailbox/mailbox.ts';
import { type StandIn, startStandIn } from '../../examples/helpdesk/stand-in.ts';
import { AUDITED, recordedWith } from '../../src/core/call.ts';
import { configSchema } from '../../src/core/config.ts';
import type { LearnReport } from '../../src/core/learning.ts';
import { connectLlm, type Llm } from '../../src/evaluate/llm.ts';
import { openUnderstudy, type Understudy } from '../../src/understudy.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'understudy-loop-'));
const day = writeDay({ seed: 3, morning: 900, afternoon: 300 });
const works = new Map<string, Work>([...day.morning, ...day.afternoon].map((work) => [work.id, work]));
const notes: string[] = [];
let standIn: StandIn;
let llm: Llm;
let understudy: Understudy;
let morning: DayLog;
let learnt: LearnReport;

async function play(half: readonly Work[]): Promise<DayLog> {
  const gateway = await understudy.startGateway();
  try {
    return await playDay(half, { baseURL: gateway.url, apiKey: 'sk-caller' });
  } finally {
    await gateway.close();
  }
}

before(async () => {
  standIn = await startStandIn({ mailbox: [...works.values()], timeScale: 0 });
  llm = connectLlm({ baseUrl: standIn.url, apiKey: 'sk-examiner' });
  understudy = await openUnderstudy({
    config: configSchema.parse({
      dataDir,
      gateway: { port: 0 },
      upstream: { baseUrl: standIn.url },
      // Words alone get four mails in five right: a bound this loose is passed in any split of the calls.
      gate: { epsilon: 0.1 },
      serve: { canaryShare: 0.5, stepAudits: 10, shadowMargin: 5, canaryMargin: 4 },
    }),
    // No pip on this path: nothing to fetch weights with.
    env: { PATH: dataDir },
    log: (line) => notes.push(line),
    askAgain: llm.ask,
  });
});

after(async () => {
  await understudy.close();
  await llm.close();
  await standIn.close();
  rmSync(dataDir, { recursive: true, force: true });
});

test('in the first half every call reaches the LLM and is captured', async () => {
  morning = await play(day.morning);
  assert.deepEqual(morning.failures, []);
  assert.ok(morning.calls.every(({ servedBy }) => servedBy === 'llm'));
  const ids = new Set((await Array.fromAsync(understudy.calls())).map(({ id }) => id));
  assert.deepEqual(
    morning.calls.filter(({ callId }) => callId === null || !ids.has(callId)),
    [],
  );
});

test('no key and no e-mail address of a customer is in what was captured', async () => {
  const calls = await Array.fromAsync(understudy.calls());
  assert.ok(calls.length > 0);
  const text = JSON.stringify(calls);
  assert.ok(!text.includes('sk-caller'));
  const addresses = day.morning.flatMap((work) => (work.kind === 'mail' ? [work.from.email] : []));
  assert.deepEqual(
    addresses.filter((address) => text.includes(address)),
    [],
  );
});

test('learning finds the call sites, proves what it can, and says why not where it cannot', async () => {
  learnt = await understudy.learn();
  assert.equal(learnt.tasks.length, 5);
  assert.ok(
    notes.some((line) => line.includes('all-minilm-l6-v2')),
    'the missing weights are told',
  );
  const byKind = Map.groupBy(learnt.tasks, ({ task }) => task.kind);
  const label = byKind.get('label')?.[0];
  assert.equal(label?.outcome, 'passed', label?.reason);
  for (const text of byKind.get('text') ?? []) {
    assert.equal(text.outcome, 'refused');
    assert.match(text.reason, /free text/);
  }
});

test('learning again on the same calls changes nothing and opens no exam', async () => {
  const store = await understudy.store();
  const before = await store.deployments();
  const again = await understudy.learn();
  assert.deepEqual(await store.deployments(), before);
  assert.deepEqual(
    again.tasks.map(({ specialist }) => specialist?.id),
    learnt.tasks.map(({ specialist }) => specialist?.id),
  );
});

test('in the second half specialists pass the stages, serve, and are as good as promised', async () => {
  const afternoon = await play(day.afternoon);
  assert.deepEqual(afternoon.failures, []);
  const served = afternoon.calls.filter(({ servedBy }) => servedBy !== 'llm');
  assert.ok(served.length > 30, `${served.length} served`);
  assert.ok(served.every(({ reason }) => reason === 'confident'));
  const wrong = served.filter(
    ({ site, workId, output }) => isRight(site, works.get(workId)!, output) === false,
  );
  // The bound is 10 %; at 10 % in 100 served calls 21 or more are wrong in one run of a thousand.
  assert.ok(wrong.length <= Math.max(10, served.length * 0.2), `${wrong.length} of ${served.length} wrong`);
  const deployments = await (await understudy.store()).deployments();
  const stages = deployments.map(({ history }) => history.map(({ stage }) => stage).join(' '));
  assert.ok(stages.includes('shadow canary live'), stages.join('; '));
});

test("the LLM's answers to audits are learnt from, and count as nobody's calls", async () => {
  const calls = await Array.fromAsync(understudy.calls());
  const audits = calls.filter(({ served: { reason } }) => reason === 'audit');
  const served = calls.filter(({ served: { by } }) => by !== 'llm');
  assert.ok(audits.length > 0 && audits.length <= served.length, `${audits.length} of ${served.length}`);
  for (const audit of audits) {
    const probability = Number(audit.tags[AUDITED]);
    assert.ok(probability > 0 && probability <= 1, audit.tags[AUDITED]);
    assert.equal(recordedWith(audit), probability);
    const of = served.find(
      ({ at, request, sessionId }) =>
        at === audit.at &&
        sessionId === audit.sessionId &&
        JSON.stringify(request) === JSON.stringify(audit.request),
    );
    assert.equal(of?.served.taskId, audit.served.taskId);
    assert.notEqual(of, undefined);
  }
  assert.equal((await understudy.status()).calls, calls.length - audits.length);

  const again = await understudy.learn({ dryRun: true });
  assert.equal(again.calls, calls.length - audits.length);
  assert.equal(again.usableCalls + (again.dropped.specialist ?? 0), again.calls);
  const store = await understudy.store();
  const dataset = await store.dataset(
    again.tasks.find(({ task }) => task.id === audits[0]?.served.taskId)?.dataset?.id ?? '',
  );
  const held = new Set(
    [...(dataset?.splits.calibration ?? []), ...(dataset?.splits.exam ?? [])].map(({ callId }) => callId),
  );
  assert.ok(audits.some(({ id }) => held.has(id)));
});
