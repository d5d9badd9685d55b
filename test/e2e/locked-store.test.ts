/** A store that another process holds locked must not cost the agent a call, nor the store a record of it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { playDay } from '../../examples/helpdesk/day.ts';
import { writeDay } from '../../examples/helpdesk/mailbox/mailbox.ts';
import { startStandIn } from '../../examples/helpdesk/stand-in.ts';
import { configSchema } from '../../src/core/config.ts';
import { openUnderstudy } from '../../src/understudy.ts';

test('calls pass while the store is locked, and are in it once the lock is gone', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'understudy-locked-'));
  const { morning } = writeDay({ seed: 5, morning: 40, afternoon: 1 });
  const standIn = await startStandIn({ mailbox: morning, timeScale: 0 });
  const config = configSchema.parse({ dataDir, gateway: { port: 0 }, upstream: { baseUrl: standIn.url } });
  const understudy = await openUnderstudy({ config, log: () => {} });
  try {
    const gateway = await understudy.startGateway();
    const other = new DatabaseSync(join(dataDir, 'understudy.db'));
    other.exec('BEGIN EXCLUSIVE');
    const played = await playDay(morning, { baseURL: gateway.url, apiKey: 'sk-caller' });
    other.exec('ROLLBACK');
    other.close();
    await gateway.close();
    assert.deepEqual(played.failures, []);
    const stored = new Set((await Array.fromAsync(understudy.calls())).map(({ id }) => id));
    assert.ok(played.calls.length > morning.length);
    assert.ok(played.calls.every(({ callId }) => callId !== null && stored.has(callId)));
  } finally {
    await understudy.close();
    await standIn.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
});
