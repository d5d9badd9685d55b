/** The admin API as its callers have it: requests to the app, over a store that holds a made-up day. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { z } from 'zod';
import { type AdminDay, makeAdminDay } from '../../test/support/admin-day.ts';
import { MASTER_KEY } from '../../test/support/data-folder.ts';
import { createAccess } from '../access/access.ts';
import { allows, type Principal } from '../core/access.ts';
import { configSchema } from '../core/config.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { Feedback } from '../core/feedback.ts';
import type { UpstreamsReport } from '../core/observe.ts';
import { queueJob } from '../learn/jobs/control.ts';
import { openStorage, type Storage } from '../setup/data-folder.ts';
import { priceBook, readSavings } from '../setup/savings.ts';
import { API, adminApp, openApiDocument } from './app.ts';
import { authoriseBy } from './authorise.ts';
import type { AdminApp } from './env.ts';
import { auditBook } from './figures/audit-book.ts';
import { modelNames } from './figures/models.ts';
import { remembered } from './figures/remember.ts';
import { callListSchema, callSchema, explanationSchema } from './schemas/calls.ts';
import { controlledSchema, jobListSchema, jobSchema } from './schemas/control.ts';
import { decidedSchema } from './schemas/decisions.ts';
import { auditListSchema, deploymentListSchema } from './schemas/deployments.ts';
import { eventListSchema } from './schemas/events.ts';
import { overviewSchema, sessionSchema, upstreamsSchema } from './schemas/overview.ts';
import { payloadSchema } from './schemas/payload.ts';
import { taskListSchema, taskSchema } from './schemas/tasks.ts';

const NOW = Date.UTC(2026, 10, 27, 18);
/** Goes on with every look. */
let looks = 0;
const dataDir = mkdtempSync(join(tmpdir(), 'understudy-api-'));
const config = { ...configSchema.parse({}), dataDir };
let day: AdminDay;
let storage: Storage;
let app: AdminApp;
/** Null: whoever sits at the machine, as there are no keys. */
let principal: Principal | null = null;
const withoutKeys = authoriseBy(
  createAccess({ keys: 'off', hosts: [], origins: [], costOf: () => null, now: () => NOW }),
);
const given: Feedback[] = [];
let upstreams: UpstreamsReport | null = null;
let applied = 0;

before(async () => {
  day = await makeAdminDay(dataDir, NOW, MASTER_KEY, 0.5);
  storage = await openStorage(config, { env: MASTER_KEY });
  const { store, vault, context } = storage;
  app = adminApp({
    sources: {
      store,
      vault,
      context,
      config,
      now: () => NOW + looks++,
      lost: () => ({ 'disk-full': 2 }),
      upstreams: () => upstreams,
      audits: auditBook(store, config.serve, config.gate.deltaFor),
      models: modelNames(store, vault),
      remembered: remembered(() => 0),
      priceOf: priceBook(config),
      savings: (since) => readSavings(storage, config, since),
      journal: async () => ({
        waiting: { segments: 0, bytes: 0, oldestSeconds: null },
        quarantine: { segments: 0, bytes: 0 },
      }),
    },
    authorise: (request, permission) => {
      if (principal === null) return withoutKeys(request, permission);
      if (allows(principal.role, permission)) return principal;
      throw new UnderstudyError('forbidden', 'Not granted.', { hint: 'Another role.', status: 403 });
    },
    uploads: { list: () => [], take: async () => assert.fail('not used here') },
    apply: async () => ++applied > 0,
    links: null,
    giveFeedback: async (feedback) => given.push(feedback) > 0,
    about: { version: '0.0.0', upstream: 'http://llm.test/v1', gateway: 'http://127.0.0.1:4000/v1' },
    log: () => {},
  });
});
after(async () => {
  await storage.close();
  rmSync(dataDir, { recursive: true });
});

const asRole = async <T>(role: Principal['role'], work: () => Promise<T>): Promise<T> => {
  principal = { keyId: 'key_1', name: `a ${role}`, role };
  try {
    return await work();
  } finally {
    principal = null;
  }
};

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  return app.request(`${API}${path}`, { ...init, headers: { host: '127.0.0.1:4001', ...init.headers } });
}

/** The answer, read by its schema: what it does not name is refused. */
async function read<S extends z.ZodObject>(schema: S, path: string): Promise<z.infer<S>> {
  const response = await ask(path);
  const body = await response.json();
  assert.equal(response.status, 200, JSON.stringify(body));
  return schema.strict().parse(body) as z.infer<S>;
}

const post = (path: string, body: unknown = {}): Promise<Response> =>
  ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

const range = (): string => `?since=${day.since}&until=${day.until}`;

describe('upstreams', () => {
  it('are told with their state, and one that is passed over is what a person should look at', async () => {
    assert.deepEqual(await read(upstreamsSchema, '/upstreams'), { at: null, upstreams: [] });
    const server = { name: 'spare', for: 'openai', failures: 5, inFlight: 1, waitsUntil: null } as const;
    upstreams = { at: NOW, servers: [{ ...server, state: 'open', since: NOW - 1000 }] };
    assert.deepEqual(await read(upstreamsSchema, '/upstreams'), { at: NOW, upstreams: upstreams.servers });
    const { attention } = await read(overviewSchema, `/overview?since=${day.since + 1}`);
    assert.equal(
      attention.find(({ id }) => id === 'upstream-spare')?.title,
      'The upstream spare is passed over',
    );
    upstreams = null;
  });
});

describe('overview', () => {
  it('counts the machine and learning in a range that goes until now, and in no other', async () => {
    const now = await read(overviewSchema, `/overview?since=${day.since}`);
    assert.ok(now.money.machine > 0 && now.money.learning > 0);
    const past = await read(overviewSchema, `/overview?since=${day.since}&until=${day.until - 3_600_000}`);
    assert.deepEqual([past.money.machine, past.money.learning], [0, 0]);
  });

  it('counts calls, those served, and their buckets add up to the whole', async () => {
    const found = await read(overviewSchema, `/overview${range()}`);
    assert.equal(found.calls, day.calls);
    assert.equal(found.served, day.served.length);
    const sum = (name: 'calls' | 'served' | 'spent' | 'saved'): number =>
      found.series.reduce((total, point) => total + point[name], 0);
    assert.equal(sum('calls'), found.calls);
    assert.equal(sum('served'), found.served);
    assert.ok(Math.abs(sum('spent') - found.money.spent) < 1e-9);
    const { avoided, audits, machine, learning, saved } = found.money;
    assert.ok(Math.abs(sum('saved') - (avoided - audits)) < 1e-9);
    assert.ok(Math.abs(avoided - audits - machine - learning - saved) < 1e-9);
    assert.ok(machine > 0 && learning > 0);
  });

  it('gives the served error with its interval and its bound', async () => {
    const { servedError, servingError, withdrawn } = await read(overviewSchema, `/overview${range()}`);
    assert.ok(servedError.audits > 0 && servedError.bound === 0.02);
    assert.ok(servedError.low! <= servedError.share! && servedError.share! <= servedError.high!);
    assert.equal(withdrawn, 1);
    assert.ok(servingError.audits < servedError.audits, 'without the one that was withdrawn');
  });

  it('names what needs a person, the most urgent first', async () => {
    const { attention } = await read(overviewSchema, `/overview${range()}`);
    assert.equal(attention[0]?.severity, 'act');
    assert.match(attention[0]?.title ?? '', /How urgent is it was withdrawn/);
    assert.ok(attention.some(({ id }) => id === 'lost'));
    assert.ok(attention.some(({ title }) => title.includes('serves less than was promised')));
  });

  it('has zeros, not errors, for a time without calls', async () => {
    const found = await read(overviewSchema, '/overview?since=1000&until=90000000');
    assert.deepEqual([found.calls, found.money.spent, found.latency.llm], [0, 0, null]);
  });
});

describe('tasks', () => {
  it('lists each with why it stands where it does', async () => {
    const { tasks } = await read(taskListSchema, `/tasks${range()}`);
    assert.equal(tasks.length, 5);
    const why = Object.fromEntries(tasks.map((task) => [task.id, task.why]));
    assert.match(why.task_triage ?? '', /^Live: \d+ % of the last \d+ calls served, \d+ % promised\.$/);
    assert.match(why.task_action ?? '', /^In shadow: \d+ of \d+ comparisons differ\./);
    assert.match(why.task_priority ?? '', /^Withdrawn: .*bound of 2 % is broken\.$/);
    assert.match(why.task_reply ?? '', /^Not deployed: no threshold/);
  });

  it('gives one with evidence, and its labels to reviewers alone', async () => {
    const found = await read(taskSchema, `/tasks/task_triage${range()}`);
    assert.ok(found.specialist!.evidence.calibration.curve.length > 10);
    assert.equal(found.labels?.length, 6);
    assert.equal(found.candidates[0]?.chosen, true);
    const asViewer = await asRole('viewer', () => read(taskSchema, '/tasks/task_triage'));
    assert.equal(asViewer.labels, null);
    assert.equal(asViewer.specialist!.evidence.calibration.confusions, null);
    assert.ok(found.specialist!.evidence.calibration.confusions!.length > 0);
  });

  it('says that a task is not there', async () => {
    const response = await ask('/tasks/nothing');
    assert.equal(response.status, 404);
    const { error } = (await response.json()) as { error: { code: string; hint: string } };
    assert.equal(error.code, 'not-found');
    assert.notEqual(error.hint, '');
  });
});

describe('deployments', () => {
  it('lists them with the test that ended each stage', async () => {
    const { deployments } = await read(deploymentListSchema, '/deployments');
    const triage = deployments.find(({ taskId }) => taskId === 'task_triage')!;
    assert.deepEqual(
      triage.history.map(({ stage }) => stage),
      ['shadow', 'canary', 'live'],
    );
    assert.ok((triage.history[1]?.numbers?.comparisons ?? 0) > 0);
    assert.equal(triage.outlook?.margin, 0.02);
  });

  it('gives audits as a sequence in which every error is there', async () => {
    const { deployments } = await read(deploymentListSchema, '/deployments');
    const withdrawn = deployments.find(({ taskId }) => taskId === 'task_priority')!;
    const found = await read(auditListSchema, `/deployments/${withdrawn.id}/audits`);
    assert.ok(found.errors > 0);
    assert.equal(found.points.at(-1)?.n, found.audits);
    assert.equal(found.points.at(-1)?.errors, found.errors);
    assert.equal(new Set(found.points.map(({ errors }) => errors)).size >= found.errors, true);
  });
});

describe('calls', () => {
  it('come a page at a time, each once, newest first', async () => {
    const ids: string[] = [];
    let last = Number.POSITIVE_INFINITY;
    for (let next: string | null = ''; next !== null; ) {
      const page: z.infer<typeof callListSchema> = await read(
        callListSchema,
        `/calls?task=task_action&limit=37${next === '' ? '' : `&cursor=${next}`}`,
      );
      for (const { id, at } of page.calls) {
        assert.ok(at <= last);
        last = at;
        ids.push(id);
      }
      next = page.next;
    }
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(ids.length, await storage.store.countCalls({ taskId: 'task_action' }));
  });

  it('are filtered by who served, and why', async () => {
    const served = await read(callListSchema, '/calls?servedBy=specialist&limit=20');
    assert.ok(
      served.calls.every(({ servedBy, reason }) => servedBy === 'specialist' && reason === 'confident'),
    );
    const low = await read(callListSchema, '/calls?reason=low-confidence&limit=20');
    assert.ok(low.calls.length > 0 && low.calls.every(({ reason }) => reason === 'low-confidence'));
    assert.equal(low.calls[0]?.model, 'gpt-4.1-mini');
  });

  it('refuse a reason that there is none of, and a cursor that no page gave', async () => {
    assert.equal((await ask('/calls?reason=because')).status, 400);
    assert.equal((await ask('/calls?cursor=soon')).status, 400);
  });

  it('are explained from the record', async () => {
    const found = await read(explanationSchema, `/calls/${day.served[0]}/explanation`);
    assert.match(found.summary, /^The specialist for .* answered: its confidence of/);
    assert.equal(found.steps.filter(({ outcome }) => outcome === 'decided').length, 1);
    assert.ok(found.confidence!.value >= found.confidence!.threshold!);
  });
});

describe('payloads', () => {
  it('are opened by a reviewer, and the opening is on record', async () => {
    const id = day.differed[0]!;
    const opened = await asRole('reviewer', () => post(`/calls/${id}/payload`));
    assert.equal(opened.status, 200);
    const payload = payloadSchema.strict().parse(await opened.json());
    assert.match(payload.messages[1]?.content ?? '', /^Hello, my order/);
    assert.ok(payload.answer && payload.llmAnswer, 'both answers of an audited call');
    assert.notDeepEqual(payload.answer, payload.llmAnswer);
    const { openings } = await read(callSchema, `/calls/${id}`);
    assert.deepEqual(
      openings.map(({ by }) => by),
      ['a reviewer'],
    );
    const { events } = await read(eventListSchema, '/events?kind=payload-read');
    assert.equal(events[0]?.text, 'A payload was opened by a reviewer.');
    const [entry] = await storage.store.trail(0, 1);
    assert.deepEqual([entry?.action, entry?.subject, entry?.actor.keyId], ['payloads-opened', id, 'key_1']);
  });

  it('are opened by nobody below a reviewer, and nothing is put on record', async () => {
    const id = day.served[1]!;
    const refused = await asRole('viewer', () => post(`/calls/${id}/payload`));
    assert.equal(refused.status, 403);
    assert.doesNotMatch(await refused.text(), /order/);
    assert.deepEqual((await read(callSchema, `/calls/${id}`)).openings, []);
    const operator = await asRole('operator', () => post(`/calls/${id}/payload`));
    assert.equal(operator.status, 403, 'who may deploy need not read');
  });

  it('stand in no other answer', async () => {
    for (const path of [
      '/overview',
      '/tasks',
      '/tasks/task_triage',
      '/calls',
      `/calls/${day.served[0]}`,
      '/events',
    ])
      assert.doesNotMatch(await (await ask(path)).text(), /Hello, my order/, path);
  });
});

describe('feedback', () => {
  it('is taken as the gateway takes it', async () => {
    const body = { call_id: day.served[0], name: 'correction', value: 'return' };
    const response = await post('/feedback', body);
    assert.deepEqual([response.status, await response.json()], [200, { added: true }]);
    assert.deepEqual(given.at(-1)?.about, { callId: day.served[0] });
  });

  it('is refused with what is wrong with it', async () => {
    const response = await post('/feedback', { call_id: day.served[0], name: 'correct', value: 'yes' });
    assert.equal(response.status, 400);
    assert.match(await response.text(), /must be true or false/);
  });
});

describe('controls', () => {
  it('stop a task and let it go on, on record, and the gateway hears of it', async () => {
    const before = applied;
    const stopped = await asRole('operator', () =>
      post('/tasks/task_triage/stop', { reason: 'a complaint' }),
    );
    const body = controlledSchema.strict().parse(await stopped.json());
    assert.deepEqual([body.changed, body.applied, applied - before], [true, true, 1]);
    const found = await read(taskSchema, '/tasks/task_triage');
    assert.deepEqual([found.stopped?.by, found.stopped?.reason], ['a operator', 'a complaint']);
    assert.match(found.task.why, /^Stopped by a operator: a complaint\./);
    const { attention } = await read(overviewSchema, `/overview${range()}`);
    assert.ok(attention.some(({ title }) => title.endsWith('is stopped')));
    const again = (await (await post('/tasks/task_triage/stop')).json()) as { changed: boolean };
    assert.equal(again.changed, false);
    await post('/tasks/task_triage/resume');
    assert.equal((await read(taskSchema, '/tasks/task_triage')).stopped, null);
    const trail = await storage.store.trail(0, 100);
    const actions = trail
      .filter(({ action }) => action === 'deployment-changed')
      .map(({ detail }) => detail.action);
    assert.deepEqual(actions, ['stop', 'resume'], 'and nothing where nothing changed');
  });

  it('take a specialist out of service for good', async () => {
    await post('/tasks/task_details/roll-back', { reason: 'just so' });
    const { task } = await read(taskSchema, '/tasks/task_details');
    assert.equal(task.stage, 'retired');
    assert.match(task.why, /^Withdrawn: rolled back by local: just so\.$/);
    assert.equal((await post('/tasks/task_details/roll-back')).status, 404);
  });

  it('are for who may deploy alone', async () => {
    for (const role of ['viewer', 'reviewer'] as const)
      for (const action of ['stop', 'resume', 'approve', 'reject', 'roll-back'])
        assert.equal(
          await asRole(role, async () => (await post(`/tasks/task_triage/${action}`)).status),
          403,
        );
    assert.equal((await read(taskSchema, '/tasks/task_triage')).stopped, null);
  });

  it('say so where there is nothing to approve, and no such task', async () => {
    assert.equal((await post('/tasks/task_triage/approve')).status, 404);
    assert.equal((await post('/tasks/nothing/stop')).status, 404);
  });
});

describe('decisions on tasks', () => {
  const decide = async (id: string, change: object) =>
    decidedSchema.strict().parse(await (await post(`/tasks/${id}/decisions`, change)).json());

  it('rename a task, on record, and are taken back by what the answer names', async () => {
    const before = applied;
    const done = await asRole('operator', () =>
      decide('task_triage', { action: 'rename', name: 'triage', reason: 'shorter' }),
    );
    assert.deepEqual([done.changed, done.applied, applied - before], [true, true, 1]);
    const found = await read(taskSchema, '/tasks/task_triage');
    assert.equal(found.task.name, 'triage');
    assert.deepEqual(
      found.decisions.map(({ action, by, reason }) => [action, by, reason]),
      [['rename', 'a operator', 'shorter']],
    );
    const entry = (await storage.store.trail(0, 1000)).find(({ action }) => action === 'task-decided');
    assert.deepEqual([entry?.subject, entry?.actor.name], ['task_triage', 'a operator']);
    await decide(done.inverse!.taskId, done.inverse!.change);
    assert.equal(
      (await read(taskSchema, '/tasks/task_triage')).task.name,
      'Sort the message into a category',
    );
  });

  it('merge two tasks into one and take it back', async () => {
    const done = await decide('task_triage', { action: 'merge', from: 'task_details' });
    assert.match(done.text, /is part of 'Sort the message into a category' now/);
    assert.equal((await ask('/tasks/task_details')).status, 404);
    const { callSites, task } = await read(taskSchema, '/tasks/task_triage');
    assert.deepEqual([callSites.length, task.stage], [2, 'suspended']);
    const { change, taskId } = done.inverse!;
    assert.equal(change.action, 'split');
    const back = await decide(taskId, change);
    assert.deepEqual(back.resumed, ['Sort the message into a category']);
    assert.equal((await read(taskSchema, '/tasks/task_triage')).task.stage, 'shadow');
    assert.equal((await ask('/tasks/task_details')).status, 200);
  });

  it('exclude a task, which is told in the list and asks for nobody', async () => {
    const done = await decide('task_triage', { action: 'exclude', reason: 'a person answers these' });
    const { tasks } = await read(taskListSchema, `/tasks${range()}`);
    assert.deepEqual(
      tasks.filter(({ isExcluded }) => isExcluded).map(({ id, why }) => [id, why.split('.')[0]]),
      [['task_triage', 'Excluded by local: a person answers these']],
    );
    const { attention } = await read(overviewSchema, `/overview${range()}`);
    assert.ok(attention.every(({ taskId, id }) => taskId !== 'task_triage' || id.startsWith('alarm')));
    await decide(done.inverse!.taskId, done.inverse!.change);
    assert.equal((await read(taskSchema, '/tasks/task_triage')).excluded, null);
  });

  it('show the words of a prompt to who may read them alone', async () => {
    const begins = async () => (await read(taskSchema, '/tasks/task_triage')).callSites[0]?.begins;
    assert.match((await begins()) ?? '', /^You sort the mail/);
    assert.equal(await asRole('operator', begins), null);
  });

  it('are for who may deploy alone, and say what cannot be', async () => {
    for (const role of ['viewer', 'reviewer'] as const)
      assert.equal(
        await asRole(
          role,
          async () => (await post('/tasks/task_triage/decisions', { action: 'exclude' })).status,
        ),
        403,
      );
    for (const [id, change, status] of [
      ['nothing', { action: 'exclude' }, 404],
      ['task_triage', { action: 'merge', from: 'nothing' }, 404],
      ['task_triage', { action: 'split', sites: ['site_task_triage'] }, 400],
      ['task_triage', { action: 'split', sites: [] }, 400],
      ['task_triage', { action: 'rename', name: '' }, 400],
      ['task_triage', { action: 'forget' }, 400],
    ] as const)
      assert.equal((await post(`/tasks/${id}/decisions`, change)).status, status, JSON.stringify(change));
  });
});

describe('jobs', () => {
  it('are listed with their cost and what came of them, and cancelled', async () => {
    const about = {
      trigger: 'new-calls',
      reason: '412 new calls',
      tasks: null,
      mode: 'propose',
      estimate: null,
    } as const;
    const job = await queueJob(storage.store, about, NOW);
    const { mode, jobs } = await read(jobListSchema, '/jobs');
    assert.equal(mode, 'propose');
    assert.equal(jobs.find(({ id }) => id === job.id)?.state, 'queued');
    const done = jobs.find(({ state }) => state === 'done')!;
    assert.deepEqual([done.spent.cpuMinutes, done.tasks.length], [21, 5]);
    assert.equal(await asRole('viewer', async () => (await post(`/jobs/${job.id}/cancel`)).status), 403);
    const cancelled = jobSchema.strict().parse(await (await post(`/jobs/${job.id}/cancel`)).json());
    assert.equal(cancelled.state, 'cancelled');
  });
});

describe('the stream of events', () => {
  it('tells an event as it happens, and that something has changed', async () => {
    const { body } = await ask('/events/stream');
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
    let heard = '';
    const until = async (wanted: RegExp): Promise<void> => {
      while (!wanted.test(heard)) heard += (await reader.read()).value ?? assert.fail(heard);
    };
    await until(/event: alive/);
    await storage.store.addEvent({ id: 'event_new', at: NOW, kind: 'task-found', subject: 't', detail: {} });
    await until(/event: event\ndata: .*"event_new"/);
    await until(/event: changed/);
    await reader.cancel();
  });
});

describe('the guard', () => {
  const cases: readonly (readonly [string, RequestInit, number])[] = [
    ['another host name, as DNS rebinding has it', { headers: { host: 'evil.test' } }, 403],
    ['a page of another origin', { headers: { origin: 'http://evil.test' } }, 403],
    ['a page of another port', { headers: { origin: 'http://127.0.0.1:9999' } }, 403],
    [
      'a page of another site, by the browser’s own word',
      { headers: { 'sec-fetch-site': 'cross-site' } },
      403,
    ],
    ['its own page', { headers: { origin: 'http://127.0.0.1:4001', 'sec-fetch-site': 'same-origin' } }, 200],
    ['localhost', { headers: { host: 'localhost:4001' } }, 200],
  ];
  for (const [who, init, status] of cases)
    it(`answers ${who} with ${status}`, async () => {
      assert.equal((await ask('/session', init)).status, status);
    });

  it('refuses a write that a form of another page could send', async () => {
    const response = await ask('/feedback', {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: '{}',
    });
    assert.equal(response.status, 415);
  });

  it('lets nobody in whose role is for the gateway alone', async () => {
    assert.equal(await asRole('app', async () => (await ask('/session')).status), 403);
  });
});

describe('the description', () => {
  it('names every route with its answer', async () => {
    await read(sessionSchema, '/session');
    const { paths } = openApiDocument();
    assert.ok(Object.keys(paths ?? {}).length >= 11);
    assert.deepEqual(
      await (await ask('/openapi.json')).json(),
      JSON.parse(JSON.stringify(openApiDocument())),
    );
  });

  it('has an answer for what is not there', async () => {
    const response = await ask('/nothing');
    assert.equal(response.status, 404);
    assert.match(await response.text(), /openapi\.json/);
  });
});
