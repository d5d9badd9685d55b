import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configSchema } from '../core/config.ts';
import type { JsonObject } from '../core/json.ts';
import type { Event } from '../core/store.ts';
import { ALARMS } from '../deploy/alarms.ts';
import { readApprovalLink } from '../deploy/approval-link.ts';
import type { Alert } from '../telemetry/alerts.ts';
import { eventAlerts } from './event-alerts.ts';
import { proposalLinks } from './proposal-links.ts';

async function alertsFor(...events: readonly [kind: string, detail: JsonObject][]): Promise<string[]> {
  const alerts: Alert[] = [];
  const watching = eventAlerts((alert) => alerts.push(alert));
  const kept: Event[] = [];
  const store = { events: async () => kept };
  await watching.read(store);
  for (const [i, [kind, detail]] of events.entries())
    kept.push({ id: `e${i}`, at: i, kind, subject: `s${i}`, detail });
  await watching.read(store);
  await watching.read(store);
  return alerts.map(({ kind, message }) => `${kind}: ${message}`);
}

test('a proposal, a rollback and a failed run are told once; what a person decided and what went well is not', async () => {
  assert.deepEqual(
    await alertsFor(
      ['specialist-proposed', { task: 't1', reason: 'It passed.' }],
      ['deployment-moved', { from: 'proposed', to: 'shadow', reason: 'approved by Ada' }],
      ['deployment-moved', { from: 'proposed', to: 'retired', reason: 'rejected by Ada' }],
      ['deployment-moved', { from: 'live', to: 'retired', reason: 'replaced by version 3' }],
      ['deployment-moved', { from: 'live', to: 'retired', reason: '9 of 40 differ' }],
      ['job-ended', { state: 'done', reason: '1 of 2 tasks passed' }],
      ['job-ended', { state: 'failed', reason: 'The disk is full.' }],
    ),
    [
      'specialist-proposed: s0 passed and waits for approval (`understudy approve t1`): It passed.',
      'deployment-taken-back: s4 went from live to retired: 9 of 40 differ',
      'job-failed: The learning run s6 failed: The disk is full.',
    ],
  );
});

test('each alarm is told once, one that acts by its move', async () => {
  const told = await alertsFor(
    ...ALARMS.map((kind) => [kind, { reason: `${kind}, 9 of 40` }] as [string, JsonObject]),
    ['deployment-moved', { from: 'live', to: 'shadow', reason: 'llm-renamed, 9 of 40' }],
  );
  for (const kind of ALARMS)
    assert.equal(told.filter((line) => line.includes(`${kind}, 9 of 40`)).length, 1, kind);
});

test('a proposal is told with its links, and they are of the proposal that its event names', async () => {
  const key = new Uint8Array(32).fill(1);
  const deployments = [
    { id: 'd1', taskId: 't1', specialistId: 's1', stage: 'shadow' },
    { id: 'd2', taskId: 't1', specialistId: 's2', stage: 'proposed' },
  ];
  const specialists = [
    { id: 's1', artefact: { sha256: 'aa' } },
    { id: 's2', artefact: { sha256: 'bb' } },
  ];
  const store = { deployments: async () => deployments, specialists: async () => specialists } as never;
  const folder = { store: () => store, approvalKey: () => key };
  const told = async (admin: object, deployment: string): Promise<Alert | undefined> => {
    const alerts: Alert[] = [];
    const settings = configSchema.parse({ admin }).admin;
    const watching = eventAlerts(
      (alert) => alerts.push(alert),
      proposalLinks(settings, folder, () => 1000),
    );
    const event: Event = {
      id: 'e',
      at: 1,
      kind: 'specialist-proposed',
      subject: 's',
      detail: { deployment },
    };
    await watching.read({ events: async () => [] });
    await watching.read({ events: async () => [event] });
    return alerts[0];
  };
  const links = (await told({ publicUrl: 'https://u.example', linkHours: 2 }, 'd2'))?.links ?? [];
  assert.deepEqual(
    links.map(({ url }) => readApprovalLink(new URL(url).searchParams, key)),
    (['approve', 'reject'] as const).map((action) => ({
      action,
      proposal: 'd2',
      artefact: 'bb',
      expires: 1000 + 2 * 3_600_000,
    })),
  );
  // Off, or no longer waiting: the message alone.
  assert.equal((await told({}, 'd2'))?.links, undefined);
  const decided = await told({ publicUrl: 'https://u.example' }, 'd1');
  assert.ok(decided && decided.links === undefined);
});
