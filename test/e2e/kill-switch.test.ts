/** A task is stopped through the admin API, in its own process, and the very next call at the gateway goes to the LLM. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { configSchema } from '../../src/core/config.ts';
import type { Specialist } from '../../src/core/specialist.ts';
import { openUnderstudy } from '../../src/understudy.ts';

test('a stop is in force when the API has answered, and so is letting it go on', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'understudy-stop-'));
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  const llm = createServer((_request, response) => response.end('{"by":"the LLM"}'));
  await new Promise<void>((resolve) => llm.listen(0, '127.0.0.1', resolve));
  t.after(() => llm.close());
  const baseUrl = `http://127.0.0.1:${(llm.address() as AddressInfo).port}/v1`;
  const understudy = await openUnderstudy({
    config: configSchema.parse({ dataDir, gateway: { port: 0 }, admin: { port: 0 }, upstream: { baseUrl } }),
    // No Python is found, so that no weights are fetched.
    env: { PATH: dataDir },
    log: () => {},
  });
  const store = await understudy.store();
  const site = {
    system: null,
    user: { pieces: ['', ''] },
    toolNames: [],
    formatHash: '',
    turn: 'user',
  } as const;
  await store.putTasks([
    {
      id: 'task_1',
      name: 'a task',
      sites: [{ id: 'site_1', ...site }],
      kind: 'label',
      labels: ['late'],
      tools: [],
      responseFormat: null,
      calls: 1,
    },
  ]);
  await store.addSpecialist({
    id: 'spec_1',
    taskId: 'task_1',
    version: 1,
    artefact: { rung: 'lexical', base: null, path: 'gone', sha256: '', trainedMs: 0, figures: {} },
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
  const about = { id: 'dep_1', taskId: 'task_1', specialistId: 'spec_1', threshold: 0.5, history: [] };
  await store.putDeployment({ ...about, stage: 'shadow' }, null);
  const gateway = await understudy.startGateway();
  const admin = await understudy.startAdmin(gateway);
  try {
    const reason = async (): Promise<string | null> => {
      const response = await fetch(`${gateway.url}/chat/completions`, {
        method: 'POST',
        body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Where is it?' }] }),
      });
      assert.deepEqual(await response.json(), { by: 'the LLM' });
      return response.headers.get('x-understudy-reason');
    };
    const act = async (action: string): Promise<unknown> => {
      const response = await fetch(`${admin.url}/api/v1/tasks/task_1/${action}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
      const { changed, applied } = (await response.json()) as { changed: boolean; applied: boolean };
      return { changed, applied };
    };
    assert.equal(await reason(), 'shadow');
    assert.deepEqual(await act('stop'), { changed: true, applied: true });
    assert.equal(await reason(), 'stopped');
    assert.deepEqual(await act('resume'), { changed: true, applied: true });
    assert.equal(await reason(), 'shadow');
    assert.deepEqual(await act('roll-back'), { changed: true, applied: true });
    assert.equal(await reason(), 'no-specialist');
  } finally {
    await admin.close();
    await gateway.close();
    await understudy.close();
  }
});
