/** What the composition root itself is responsible for: letting go of what it opened, and not waiting for models. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as listener } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { configSchema } from './core/config.ts';
import type { Specialist } from './core/specialist.ts';
import type { Task } from './core/task.ts';
import { openUnderstudy } from './understudy.ts';

function folder(t: { after(work: () => void): void }): string {
  const dir = mkdtempSync(join(tmpdir(), 'understudy-root-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

test('a gateway that could not start leaves nothing in the way of the next', async (t) => {
  const dataDir = folder(t);
  const other = listener();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  const config = configSchema.parse({ dataDir, gateway: { port } });
  const understudy = await openUnderstudy({ config, log: () => {} });
  await assert.rejects(understudy.startGateway(), /Cannot listen/);
  await new Promise((resolve) => other.close(resolve));
  const gateway = await understudy.startGateway();
  await assert.rejects(understudy.startGateway(), /Another process records/);
  await gateway.close();
  await (await understudy.startGateway()).close();
  await understudy.close();
});

test('closing Understudy closes the gateways that are still open', async (t) => {
  const config = configSchema.parse({ dataDir: folder(t), gateway: { port: 0 } });
  const understudy = await openUnderstudy({ config, log: () => {} });
  const { url } = await understudy.startGateway();
  await understudy.close();
  await assert.rejects(fetch(`${url}/models`), /fetch failed/);
});

test('while weights are being fetched, calls do not wait for them', async (t) => {
  const dataDir = folder(t);
  const fetching = join(dataDir, 'python3');
  writeFileSync(fetching, '#!/bin/sh\nexec /bin/sleep 600\n');
  chmodSync(fetching, 0o700);
  const llm = createServer((_request, response) => response.end('{"by":"the LLM"}'));
  await new Promise<void>((resolve) => llm.listen(0, '127.0.0.1', resolve));
  t.after(() => llm.close());
  const baseUrl = `http://127.0.0.1:${(llm.address() as AddressInfo).port}/v1`;
  const stop = new AbortController();
  const understudy = await openUnderstudy({
    config: configSchema.parse({
      dataDir,
      gateway: { port: 0 },
      upstream: { baseUrl },
      serve: { timeoutMs: 600_000 },
    }),
    env: { PATH: dataDir },
    signal: stop.signal,
    log: () => {},
  });
  const site = {
    system: null,
    user: { pieces: ['', ''] },
    toolNames: [],
    formatHash: '',
    turn: 'user',
  } as const;
  const task: Task = {
    id: 'task_1',
    name: 'a task',
    sites: [{ id: 'site_1', ...site }],
    kind: 'label',
    labels: ['late'],
    tools: [],
    responseFormat: null,
    calls: 1,
  };
  const store = await understudy.store();
  await store.putTasks([task]);
  await store.addSpecialist({
    id: 'spec_1',
    taskId: 'task_1',
    version: 1,
    artefact: { rung: 'head', base: 'x', path: 'gone', sha256: '', trainedMs: 0, figures: {} },
    evidence: {
      gate: { epsilon: 0.02, delta: 0.05, served: 200, errors: 0 },
      exam: {
        coverage: { hits: 9, n: 10, share: 0.9, low: 0.5, high: 1 },
        servedError: { hits: 0, n: 9 },
      },
      calibration: { curve: [] },
      selfAgreement: null,
    },
  } as unknown as Specialist);
  const live = { stage: 'live', threshold: 0.5, history: [] } as const;
  await store.putDeployment({ id: 'dep_1', taskId: 'task_1', specialistId: 'spec_1', ...live }, null);
  const gateway = await understudy.startGateway();
  try {
    const answer = await fetch(`${gateway.url}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Where is it?' }] }),
      signal: AbortSignal.timeout(20_000),
    });
    assert.equal(answer.headers.get('x-understudy-served-by'), 'llm');
    assert.equal(answer.headers.get('x-understudy-reason'), 'overload');
    assert.deepEqual(await answer.json(), { by: 'the LLM' });
  } finally {
    stop.abort();
    await gateway.close();
    await understudy.close();
  }
});

test('a store that stays broken is told once, and the gateway goes on', async (t) => {
  const dataDir = folder(t);
  const lines: string[] = [];
  const config = configSchema.parse({ dataDir, gateway: { port: 0 } });
  const understudy = await openUnderstudy({ config, log: (line) => lines.push(line) });
  t.mock.timers.enable({ apis: ['setInterval'] });
  const gateway = await understudy.startGateway();
  const other = new DatabaseSync(join(dataDir, 'understudy.db'));
  other.exec('DROP TABLE plan');
  other.close();
  for (let i = 0; i < 5; i++) {
    t.mock.timers.tick(10_000);
    await turn();
  }
  const told = [...lines];
  await gateway.close();
  await understudy.close();
  assert.equal(told.length, 1);
  assert.match(told[0] ?? '', /deployments cannot be read/);
});
