import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../core/json.ts';
import type { Event } from '../core/store.ts';
import type { Alert } from '../telemetry/alerts.ts';
import { gatewayCondition } from './condition.ts';
import { eventAlerts } from './event-alerts.ts';

function parts() {
  const now = {
    capture: { state: 'open' } as JsonObject,
    trouble: null as string | null,
    lost: {} as Record<string, number>,
    oldestSeconds: 0,
    free: 1e12,
    models: [] as JsonObject[],
  };
  const alerts: Alert[] = [];
  const condition = gatewayCondition({
    dataDir: '/',
    now: () => 1,
    onAlert: (alert) => alerts.push(alert),
    capture: () => now.capture,
    access: () => ({ isOn: true, trouble: now.trouble }),
    lost: () => now.lost,
    journal: async () => ({
      waiting: { segments: 1, bytes: 7, oldestSeconds: now.oldestSeconds },
      quarantine: { segments: 0, bytes: 0 },
    }),
    models: () => now.models,
    disk: async () => ({ free: now.free, size: 2e12 }),
  });
  const kinds = () => alerts.splice(0).map(({ kind }) => kind);
  return { now, condition, kinds };
}

test('each part that fails is told once, when it begins, and again when it comes back', async () => {
  const faults: readonly [string, (now: ReturnType<typeof parts>['now'], bad: boolean) => void][] = [
    [
      'capture-closed',
      (now, bad) => (now.capture = bad ? { state: 'closed', reason: 'locked' } : { state: 'open' }),
    ],
    ['keys-unread', (now, bad) => (now.trouble = bad ? 'locked' : null)],
    ['disk-low', (now, bad) => (now.free = bad ? 1e6 : 1e12)],
    ['journal-late', (now, bad) => (now.oldestSeconds = bad ? 4000 : 0)],
    ['models-down', (now, bad) => (now.models = bad ? [{ state: 'open' }] : [{ state: 'closed' }])],
  ];
  for (const [kind, set] of faults) {
    const { now, condition, kinds } = parts();
    await condition.look();
    assert.deepEqual([condition.health().isWell, kinds()], [true, []]);
    for (const turn of [1, 2]) {
      set(now, true);
      await condition.look();
      await condition.look();
      assert.deepEqual([condition.health().isWell, kinds()], [false, [kind]], `${kind}, time ${turn}`);
      assert.deepEqual(condition.health().detail.problems, [kind]);
      set(now, false);
      await condition.look();
      assert.equal(condition.health().isWell, true);
    }
  }
});

test('calls that are lost from now on are told by reason; earlier ones are not', async () => {
  const { now, condition, kinds } = parts();
  now.lost = { 'not-recorded': 5 };
  await condition.look();
  assert.deepEqual(kinds(), []);
  now.lost = { 'not-recorded': 6, undrainable: 1 };
  await condition.look();
  assert.deepEqual(kinds(), ['calls-lost', 'calls-lost']);
  await condition.look();
  assert.deepEqual(kinds(), []);
});

test('events that take calls away from a specialist are told; earlier ones and good news are not', async () => {
  const event = (id: string, kind: string, detail: JsonObject): Event => ({
    id,
    at: 1,
    kind,
    subject: 'depl',
    detail,
  });
  const events = [event('1', 'deployment-moved', { from: 'live', to: 'suspended', reason: 'old' })];
  const raised: string[] = [];
  const alerts = eventAlerts(({ kind, message }) => raised.push(`${kind}: ${message}`));
  const store = { events: async () => events };
  await alerts.read(store);
  events.push(
    event('2', 'deployment-moved', { from: 'shadow', to: 'canary', reason: 'good' }),
    event('3', 'deployment-moved', { from: 'live', to: 'suspended', reason: 'errors' }),
    event('4', 'inputs-unfamiliar', { reason: 'new prompts' }),
    event('5', 'task-found', {}),
  );
  await alerts.read(store);
  await alerts.read(store);
  assert.deepEqual(raised, [
    'deployment-taken-back: depl went from live to suspended: errors',
    'inputs-unfamiliar: depl: new prompts',
  ]);
});
