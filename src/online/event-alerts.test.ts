import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../core/json.ts';
import type { Event } from '../core/store.ts';
import type { Alert } from '../telemetry/alerts.ts';
import { eventAlerts } from './event-alerts.ts';

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
