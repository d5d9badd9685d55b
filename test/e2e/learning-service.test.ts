/**
 * Nothing but `understudy start` and an agent that plays its calls: what is routine is learnt, proved and brought into service
 * by itself, or waits for a person; what is killed is resumed. Without weights: the lexical rung needs none.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { type DayLog, playDay } from '../../examples/helpdesk/day.ts';
import type { Work } from '../../examples/helpdesk/mailbox/mail.ts';
import { writeDay } from '../../examples/helpdesk/mailbox/mailbox.ts';
import { type StandIn, startStandIn } from '../../examples/helpdesk/stand-in.ts';
import { configSchema } from '../../src/core/config.ts';
import type { Job } from '../../src/core/job.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { Store } from '../../src/core/store.ts';
import { openStorage } from '../../src/setup/data-folder.ts';
import { runProgram, type Started, startProgram, until } from '../support/started.ts';

const day = writeDay({ seed: 3, morning: 900, afternoon: 500 });
/** A job's process has the lowest priority: beside busy programs it takes its time. */
const WAIT_MS = 900_000;
let standIn: StandIn;

before(async () => {
  standIn = await startStandIn({ mailbox: [...day.morning, ...day.afternoon], timeScale: 0, mistakes: 0 });
});
after(() => standIn.close());

/** Short thresholds, and bounds that words alone pass. */
const settings = (mode: string): JsonObject => ({
  gateway: { port: 0 },
  upstream: { baseUrl: standIn.url },
  redaction: { finder: 'off' },
  gate: { epsilon: 0.1 },
  serve: { canaryShare: 0.5, stepAudits: 10, shadowMargin: 5, canaryMargin: 4 },
  learn: { mode, newCalls: 2000, everySeconds: 0.5, retryMinutes: 0.01, window: 'off' },
});

async function folder(t: TestContext, mode: string) {
  const dataDir = mkdtempSync(join(tmpdir(), 'understudy-service-'));
  let program: Started = await startProgram(dataDir, settings(mode));
  const { store, close } = await openStorage(configSchema.parse({ dataDir, redaction: { finder: 'off' } }), {
    env: {},
  });
  t.after(async () => {
    await program.end();
    await close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return {
    dataDir,
    store,
    program: () => program,
    restart: async () => {
      program = await startProgram(dataDir, settings(mode));
    },
    play: (work: readonly Work[]): Promise<DayLog> =>
      playDay(work, { baseURL: program.url, apiKey: 'sk-caller' }),
  };
}

const jobIn = (store: Store, state: Job['state']): Promise<Job | undefined> =>
  store.jobs({ states: [state] }).then((jobs) => jobs.at(-1));
const stagesOf = async (store: Store): Promise<string[]> =>
  (await store.deployments()).map(({ history }) => history.map(({ stage }) => stage).join(' '));

test('a specialist goes live by itself, though the program was killed while it learnt', async (t) => {
  const { store, play, program, restart } = await folder(t, 'auto');
  assert.deepEqual((await play(day.morning)).failures, []);
  const running = await until('a job that runs', WAIT_MS, () => jobIn(store, 'running'));
  assert.match(running.reason, /\d+ new calls, and nothing has been learnt yet/);
  assert.ok(running.estimate && running.estimate.cpuMinutes > 0, 'what it may take is recorded first');
  await program().end('SIGKILL');
  await restart();
  const done = await until('its end', WAIT_MS, () => jobIn(store, 'done'));
  assert.equal(done.id, running.id, 'the same job was resumed');
  assert.equal(done.starts, 2);
  assert.ok(
    done.result?.tasks.some(({ deployed }) => deployed),
    JSON.stringify(done.result),
  );
  const played = await play(day.afternoon);
  assert.deepEqual(played.failures, []);
  assert.ok(played.calls.some(({ servedBy }) => servedBy !== 'llm'));
  assert.ok((await stagesOf(store)).includes('shadow canary live'), (await stagesOf(store)).join('; '));
  const kinds = (await store.events({ subject: done.id })).map(({ kind }) => kind);
  assert.deepEqual(kinds, ['job-queued', 'job-started', 'job-interrupted', 'job-started', 'job-ended']);
});

test('what passes waits for a person, whose word counts at once', async (t) => {
  const { dataDir, store, play, program } = await folder(t, 'propose');
  await play(day.morning);
  const running = await until('a job that runs', WAIT_MS, () => jobIn(store, 'running'));
  process.kill(running.pid!, 'SIGKILL');
  const done = await until('its end', WAIT_MS, () => jobIn(store, 'done'));
  assert.deepEqual([done.id, done.starts, done.crashes], [running.id, 2, 1]);
  const [waiting] = (await store.deployments()).filter(({ stage }) => stage === 'proposed');
  assert.ok(waiting, JSON.stringify(done.result));
  const idle = await play(day.afternoon.slice(0, 40));
  assert.ok(idle.calls.every(({ servedBy }) => servedBy === 'llm'));

  const approved = await runProgram(
    dataDir,
    'approve',
    waiting.taskId,
    '--by',
    'Ada',
    '--reason',
    'looks right',
  );
  assert.equal(approved.changed, true);
  const { calls } = await play(day.afternoon.slice(40, 440));
  assert.ok(calls.some(({ servedBy }) => servedBy !== 'llm'));
  const history = (await store.deployments()).find(({ id }) => id === waiting.id)?.history;
  assert.match(history?.[1]?.reason ?? '', /approved by Ada: looks right/);

  await store.stopTask({ taskId: waiting.taskId, at: 1, by: 'a test', reason: '' });
  const mails = day.afternoon.slice(440);
  await until('a call of the task that is stopped', WAIT_MS, async () =>
    (await play(mails.splice(0, 1))).calls.some(({ reason }) => reason === 'stopped'),
  );
  const stopped = await play(mails);
  assert.ok(stopped.calls.every(({ servedBy, reason }) => servedBy === 'llm' && reason !== 'shadow'));
  assert.deepEqual(
    program().log.filter((line) => /Error|unhandled/i.test(line)),
    [],
  );
});
