import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configSchema } from '../core/config.ts';
import type { Audit, Deployment } from '../core/deployment.ts';
import type { Specialist } from '../core/specialist.ts';
import type { Event } from '../core/store.ts';
import { epochsOf, taskChanged } from '../deploy/epochs.ts';
import { dailyBudget, type Watching, watchDeployments } from './watching.ts';

const { serve } = configSchema.parse({});
const specialist = {
  id: 'sp_1',
  taskId: 'task_1',
  evidence: {
    gate: { epsilon: 0.02, delta: 0.05, served: 250, errors: 1 },
    exam: { servedError: { n: 60, hits: 0 } },
    selfAgreement: null,
  },
} as unknown as Specialist;

/** A store of one deployment and its audits. */
function memory() {
  let deployment: Deployment = {
    id: 'dep_1',
    taskId: 'task_1',
    specialistId: 'sp_1',
    stage: 'shadow',
    threshold: 0.9,
    history: [],
  };
  const audits: Audit[] = [];
  const events: Event[] = [];
  const log: string[] = [];
  const read = { audits: 0, pages: 0 };
  const fails = { put: false, page: Number.POSITIVE_INFINITY };
  const store: Parameters<Watching['update']>[0] = {
    auditsSince: async (_, cursor, limit) => {
      if (read.pages >= fails.page) throw new Error('locked');
      const page = audits.slice(cursor, cursor + limit);
      read.audits += page.length;
      read.pages++;
      return { audits: page, cursor: cursor + page.length };
    },
    deployments: async () => [deployment],
    putDeployment: async (next, _, told = []) => {
      if (fails.put) throw new Error('locked');
      deployment = next;
      events.push(...told);
      return true;
    },
    taskDecisions: async () => [],
  };
  const watching = watchDeployments(serve, (line) => log.push(line));
  const update = (): Promise<void> =>
    watching.update(store, { deployments: [deployment], specialists: [specialist] });
  const audit = async (n: number, correct: boolean): Promise<void> => {
    for (let i = 0; i < n; i++) {
      const at = audits.length;
      const { stage } = deployment;
      audits.push({
        callId: `${at}`,
        deploymentId: 'dep_1',
        at,
        stage,
        confidence: 1,
        correct,
        used: stage !== 'shadow',
      });
      await watching.advance(store, 'dep_1', at);
    }
  };
  return {
    watching,
    update,
    audit,
    events,
    log,
    stage: () => deployment.stage,
    deployment: () => deployment,
    read,
    audits,
    fails,
    advance: () => watching.advance(store, 'dep_1', audits.length),
  };
}

test('each move of a deployment is an event and a line, with its numbers', async () => {
  const { update, audit, events, log, stage } = memory();
  await update();
  await audit(400, true);
  assert.equal(stage(), 'live');
  await audit(60, false);
  assert.equal(stage(), 'retired');
  const moves = events.filter(({ kind }) => kind === 'deployment-moved');
  assert.deepEqual(
    moves.map(({ kind, detail }) => [kind, detail.from, detail.to]),
    [
      ['deployment-moved', 'shadow', 'canary'],
      ['deployment-moved', 'canary', 'live'],
      ['deployment-moved', 'live', 'retired'],
    ],
  );
  assert.ok(moves.every(({ detail }) => detail.numbers !== undefined));
  // The calls of then prove nothing of the next one: the task's epoch begins with the first of those errors.
  const [change] = events.filter(({ kind }) => kind === 'task-changed');
  assert.deepEqual([change?.subject, change?.detail.since], ['task_1', 400]);
  assert.match(log[2]!, /^deployment dep_1: live → retired: \d+ of the last \d+ comparisons/);
});

test('a retirement ends what calls of before can prove, though its errors began before a change that was known', async () => {
  const { update, audit, events } = memory();
  await update();
  await audit(400, true);
  await audit(4, false);
  // An alarm is raised while they pile up; the audits go on until the bound is broken.
  events.push(taskChanged('task_1', { since: 401, found: 403, reason: 'an alarm' }, false));
  await audit(60, false);
  const retired = events.findLast(({ kind }) => kind === 'deployment-moved')!;
  assert.equal(retired.detail.to, 'retired');
  const epochs = await epochsOf(
    { events: async ({ kind } = {}) => events.filter((each) => each.kind === kind) },
    'task_1',
  );
  assert.deepEqual(
    epochs.map(({ since, found }) => [since, found]),
    [
      [401, 403],
      [403, retired.at],
    ],
  );
});

test('a move that the store refuses is made at the next look, and its change of the task is told with it', async () => {
  const { update, audit, events, fails, stage, advance } = memory();
  await update();
  await audit(400, true);
  fails.put = true;
  await assert.rejects(audit(60, false), /locked/);
  assert.deepEqual([stage(), events.length], ['live', 2]);
  fails.put = false;
  await advance();
  assert.equal(stage(), 'retired');
  assert.deepEqual(
    events.slice(2).map(({ kind, subject }) => [kind, subject]),
    [
      ['deployment-moved', 'dep_1'],
      ['task-changed', 'task_1'],
    ],
  );
});

test('audits whose reading broke off are read anew, each counted once', async () => {
  const broken = memory();
  const whole = memory();
  const shares: number[] = [];
  for (const { audits, update, advance, fails, read, watching, deployment } of [broken, whole]) {
    await update();
    for (let at = 0; at < 900; at++)
      audits.push({
        callId: `${at}`,
        deploymentId: 'dep_1',
        at,
        stage: 'shadow',
        confidence: 1,
        correct: at % 3 > 0,
        session: `${at % 7}`,
      });
    if (broken.audits === audits) {
      fails.page = read.pages + 1;
      await assert.rejects(advance(), /locked/);
      fails.page = Number.POSITIVE_INFINITY;
    }
    await advance();
    shares.push(watching.probability({ ...deployment(), stage: 'live' }, () => ({ session: '1' })));
  }
  assert.equal(shares[0], shares[1]);
});

test('audits that another run of the gateway left behind are counted on', async () => {
  const first = memory();
  await first.update();
  await first.audit(30, true);
  // A plan that is read again changes nothing about what has been counted.
  await first.update();
  await first.audit(10, true);
  const once = memory();
  await once.update();
  await once.audit(40, true);
  const share = ({ watching, deployment }: ReturnType<typeof memory>): number =>
    watching.probability({ ...deployment(), stage: 'live' }, () => ({}));
  assert.equal(share(first), share(once));
});

test('a budget is spent in a day and whole again on the next', () => {
  let now = 1000;
  const budget = dailyBudget(2, () => now);
  budget.spend();
  assert.equal(budget.left(), true);
  budget.spend();
  assert.equal(budget.left(), false);
  now += 86_400_000;
  assert.equal(budget.left(), true);
  assert.equal(dailyBudget(0, () => now).left(), false);
});

test('each audit is read once, and only what is new afterwards, however many there are', async () => {
  const { update, audits, audit, read } = memory();
  for (let at = 0; at < 20_000; at++)
    audits.push({
      callId: `${at}`,
      deploymentId: 'dep_1',
      at,
      stage: 'shadow',
      confidence: 1,
      correct: true,
    });
  await update();
  assert.equal(read.audits, 20_000);
  const before = { ...read };
  await audit(10, true);
  assert.deepEqual(read, { audits: before.audits + 10, pages: before.pages + 10 });
});
