/** The links of approval as people follow them: requests to the app, over a store with a proposal. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { temporaryFolder } from '../../test/support/calls.ts';
import { MASTER_KEY } from '../../test/support/data-folder.ts';
import { openKeys } from '../capture/vault.ts';
import type { Deployment, Stage } from '../core/deployment.ts';
import type { Specialist } from '../core/specialist.ts';
import type { Task } from '../core/task.ts';
import { approvalLink, type LinkAction, type LinkTo } from '../deploy/approval-link.ts';
import { approve } from '../deploy/control.ts';
import { openSqliteStore } from '../store/sqlite/store.ts';
import { adminApp } from './app.ts';
import type { AdminOptions } from './env.ts';

const BASE = 'https://understudy.example';
const HOUR = 3_600_000;
const HASH = 'ab'.repeat(32);
const closing: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closing) await close();
});

const specialist = (id: string): Specialist =>
  ({
    id,
    taskId: 't1',
    version: 3,
    candidate: { id: 'c', taskId: 't1', rung: 'head', base: 'all-minilm', recipe: {} },
    artefact: { rung: 'head', base: null, path: 'p', sha256: HASH, trainedMs: 1, figures: {} },
    evidence: {
      gate: { passed: true, threshold: 0.9, epsilon: 0.02, delta: 0.05, reason: 'It passed <b>well</b>.' },
      exam: {
        servedError: { hits: 1, n: 400, share: 0.0025, low: 0, high: 0.01 },
        coverage: { hits: 400, n: 500, share: 0.8, low: 0.7, high: 0.9 },
      },
      latencyMs: { p50: 4, p95: 9 },
    },
  }) as unknown as Specialist;
const deployment = (id: string, ...stages: Stage[]): Deployment => ({
  id,
  taskId: 't1',
  specialistId: `s-${id}`,
  stage: stages.at(-1)!,
  threshold: 0.9,
  history: stages.map((stage, at) => ({ stage, at, reason: 'for a test' })),
});

async function world() {
  const keys = openKeys({ dataDir: temporaryFolder(), env: MASTER_KEY });
  const store = openSqliteStore(':memory:', keys.cipher);
  closing.push(() => store.close());
  const key = keys.vault(store).approvalKey;
  await store.putTasks([{ id: 't1', name: 'triage', kind: 'label', calls: 900 } as unknown as Task]);
  for (const id of ['live', 'new']) await store.addSpecialist(specialist(`s-${id}`));
  await store.putDeployment(deployment('live', 'shadow', 'live'), null);
  await store.putDeployment(deployment('new', 'proposed'), null);
  let now = 1000 * HOUR;
  let applied = 0;
  const options = {
    sources: { store, now: () => now },
    links: { key },
    // Nobody has a key: a link is its own right.
    authorise: () => assert.fail('no key is asked for'),
    apply: async () => ++applied > 0,
    about: {},
    log: assert.fail,
  } as unknown as AdminOptions;
  const app = adminApp(options);
  const to = (action: LinkAction, more: Partial<LinkTo> = {}): LinkTo => ({
    action,
    proposal: 'new',
    artefact: HASH,
    expires: now + HOUR,
    ...more,
  });
  const link = (action: LinkAction, more: Partial<LinkTo> = {}): string =>
    approvalLink(BASE, to(action, more), key);
  const ask = async (url: string, method = 'GET'): Promise<{ status: number; text: string }> => {
    const response = await app.request(url, {
      method,
      headers: {
        host: 'understudy.example',
        'sec-fetch-site': method === 'GET' ? 'cross-site' : 'same-origin',
        ...(method === 'POST' ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
      },
    });
    return { status: response.status, text: await response.text() };
  };
  const stages = async () =>
    Object.fromEntries((await store.deployments()).map(({ id, stage }) => [id, stage]));
  return {
    store,
    key,
    app,
    options,
    link,
    ask,
    stages,
    later: (ms: number) => (now += ms),
    applied: () => applied,
  };
}

test('opening a link shows what is approved with its evidence, and changes nothing however often', async () => {
  const { link, ask, stages, store, app, applied } = await world();
  for (const method of ['GET', 'HEAD', 'GET', 'GET'])
    assert.equal((await ask(link('approve'), method)).status, 200);
  const { text } = await ask(link('approve'));
  for (const part of [
    'Approve triage?',
    HASH,
    'It passed &lt;b&gt;well&lt;/b&gt;.',
    'one error in 400',
    's-live (live)',
  ])
    assert.ok(text.includes(part), part);
  assert.match((await ask(link('reject'))).text, /Refuse triage\?/);
  assert.deepEqual(await stages(), { live: 'live', new: 'proposed' });
  assert.deepEqual([await store.trail(0, 9), applied()], [[], 0]);
  const { headers } = await app.request(link('approve'));
  assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'.*form-action 'self'/);
  assert.deepEqual(
    [headers.get('referrer-policy'), headers.get('cache-control')],
    ['no-referrer', 'no-store'],
  );
});

test('its button approves once, on record as made by the link, and both links are used up', async () => {
  const { link, ask, stages, store, later, applied } = await world();
  const [yes, no] = [link('approve'), link('reject')];
  assert.match((await ask(yes, 'POST')).text, /triage begins in shadow/);
  assert.deepEqual(await stages(), { live: 'retired', new: 'shadow' });
  const [entry, ...others] = await store.trail(0, 9);
  assert.deepEqual(
    [
      entry?.action,
      entry?.actor.name,
      entry?.subject,
      entry?.detail.action,
      entry?.detail.artefact,
      others.length,
    ],
    ['deployment-changed', 'a signed link', 't1', 'approve', HASH, 0],
  );
  assert.deepEqual((await store.checkTrail()).faults, []);
  assert.equal(applied(), 1);
  for (const url of [yes, no])
    for (const method of ['GET', 'POST']) {
      const { status, text } = await ask(url, method);
      assert.equal(status, 409);
      assert.match(text, /approved by a signed link/);
    }
  later(1);
  assert.equal((await store.trail(0, 9)).length, 1);
});

test('the other link refuses: the proposal is retired, and what serves stays', async () => {
  const { link, ask, stages, store } = await world();
  assert.equal((await ask(link('reject'), 'POST')).status, 200);
  assert.deepEqual(await stages(), { live: 'live', new: 'retired' });
  assert.equal((await store.trail(0, 9))[0]?.detail.action, 'reject');
});

test('two that press it at once approve once', async () => {
  const { link, ask, store } = await world();
  const both = await Promise.all([ask(link('approve'), 'POST'), ask(link('approve'), 'POST')]);
  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 409]);
  assert.equal((await store.trail(0, 9)).length, 1);
});

test('a link is of no use once its proposal was decided on elsewhere, is replaced, or has expired', async () => {
  const decided = await world();
  await approve(decided.store, 't1', { by: 'Ada', reason: '', now: 5 });
  assert.match((await decided.ask(decided.link('approve'), 'POST')).text, /approved by Ada/);
  const replaced = await world();
  await replaced.store.addSpecialist(specialist('s-newer'));
  await replaced.store.putDeployment(deployment('newer', 'proposed'), null);
  assert.equal((await replaced.ask(replaced.link('approve'), 'POST')).status, 409);
  assert.deepEqual(await replaced.stages(), { live: 'live', new: 'proposed', newer: 'proposed' });
  const expired = await world();
  const url = expired.link('approve');
  expired.later(HOUR);
  for (const method of ['GET', 'POST']) assert.equal((await expired.ask(url, method)).status, 410);
  assert.deepEqual(await expired.stages(), { live: 'live', new: 'proposed' });
});

test('a link for another artefact, or for what is not there, decides nothing', async () => {
  const { link, ask, stages } = await world();
  for (const more of [{ artefact: 'cd'.repeat(32) }, { proposal: 'none' }])
    assert.equal((await ask(link('approve', more), 'POST')).status, 404);
  // It was never a proposal.
  assert.equal((await ask(link('approve', { proposal: 'live' }), 'POST')).status, 409);
  assert.deepEqual(await stages(), { live: 'live', new: 'proposed' });
});

test('no alteration of a link decides anything, nor shows what it is for', async () => {
  const { link, ask, stages } = await world();
  const names = ['action', 'proposal', 'artefact', 'expires', 'signature'];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('approve' as const, 'reject' as const),
      fc.constantFrom(...names),
      fc.oneof(fc.string({ maxLength: 66 }), fc.constantFrom('approve', 'reject', 'live', '99999999999999')),
      fc.constantFrom('GET', 'POST'),
      async (action, name, value, method) => {
        const url = new URL(link(action));
        if (url.searchParams.get(name) === value) return;
        url.searchParams.set(name, value);
        const { status, text } = await ask(url.href, method);
        assert.equal(status, 403);
        assert.ok(!text.includes('triage'));
      },
    ),
    { numRuns: 200 },
  );
  assert.deepEqual(await stages(), { live: 'live', new: 'proposed' });
});

test('without an address for links there are none, and the key is not that of anything else', async () => {
  const { options, link } = await world();
  const refused = {
    ...options,
    links: null,
    log: () => {},
  } as unknown as AdminOptions;
  const response = await adminApp(refused).request(link('approve'), { method: 'POST' });
  assert.ok(response.status >= 400 && response.status < 500);
  const one = openKeys({ dataDir: temporaryFolder(), env: MASTER_KEY });
  const vault = one.vault({ keys: async () => [], addKey: async () => {} } as never);
  assert.notDeepEqual(vault.approvalKey, vault.surrogateKey);
});
