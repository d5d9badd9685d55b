/** That nothing on a call's path waits for the store, however slow it is. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/support/calls.ts';
import { openDataFolder, REDACTION } from '../../test/support/data-folder.ts';
import { openLosses } from '../capture/losses.ts';
import { journalState } from '../capture/quarantine.ts';
import { openRecorder } from '../capture/recorder.ts';
import { configSchema } from '../core/config.ts';
import type { Store } from '../core/store.ts';
import { DIALECTS } from '../wire/dialects.ts';
import { startOnline } from './serving.ts';

/** A store whose every method, once it hangs, waits until it is let go; and how often each was asked meanwhile. */
function hanging(store: Store) {
  let gate: Promise<void> | null = null;
  const asked = new Map<string, number>();
  const slow = Object.fromEntries(
    Object.entries(store).map(([name, method]) => [
      name,
      async (...args: unknown[]) => {
        if (gate) asked.set(name, (asked.get(name) ?? 0) + 1);
        await gate;
        return Reflect.apply(method as (...given: unknown[]) => unknown, store, args);
      },
    ]),
  ) as unknown as Store;
  return {
    slow,
    asked,
    hang: (): (() => void) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
  };
}

test('calls are answered and recorded while the store does not answer', async (t) => {
  const dataDir = temporaryFolder();
  const { store, vault } = openDataFolder(dataDir);
  const upstream = createServer((request, response) => {
    request.resume().on('end', () => response.end('{"choices":[]}'));
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  t.after(() => upstream.close());
  const { slow, asked, hang } = hanging(store);
  const recorder = await openRecorder({
    dir: join(dataDir, 'journal'),
    vault,
    redaction: REDACTION,
    log: assert.fail,
  });
  t.mock.timers.enable({ apis: ['setInterval'] });
  const gateway = await startOnline({
    config: configSchema.parse({
      dataDir,
      gateway: { port: 0 },
      upstream: { baseUrl: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1` },
    }),
    openCapture: async () => ({
      store: slow,
      recorder,
      pseudonym: (text: string) => text,
      approvalKey: vault.approvalKey,
      redaction: () => () => null,
      close: () => recorder.close(),
    }),
    losses: openLosses(dataDir),
    journal: async () => journalState([], 0),
    runtimes: [],
    dialects: DIALECTS,
    env: {},
    version: '0',
    modelHealth: () => [],
    log: () => {},
  });
  const release = hang();
  for (let i = 0; i < 5; i++) t.mock.timers.tick(10_000);
  for (let n = 0; n < 20; n++) {
    const response = await fetch(`${gateway.url}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: `Mail ${n}` }] }),
    });
    assert.equal(response.status, 200);
    await response.arrayBuffer();
  }
  assert.deepEqual(recorder.counts, { recorded: 20, failed: 0 });
  const looks = { planVersion: 1, accessVersion: 1, events: 1 };
  assert.deepEqual(Object.fromEntries(asked), looks, 'one look of each kind at a time waits for it');
  release();
  await gateway.close();
  await store.close();
});
