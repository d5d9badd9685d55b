import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attempt } from '../core/online.ts';
import { askSpecialist } from './serve.ts';

const request = { model: 'm', messages: [], tools: [], stream: false, params: {} };
const stuck: Attempt = {
  taskId: 'task_1',
  specialistId: 'spec_1',
  deploymentId: 'dep_1',
  stage: 'live',
  run: () => new Promise(() => {}),
};

test('a specialist that never answers is given up at its time, and where the client has gone', async () => {
  const givenUp = { used: false, reason: 'overload' };
  assert.deepEqual(await askSpecialist(stuck, request, 1, new AbortController().signal), givenUp);
  assert.deepEqual(await askSpecialist(stuck, request, 1, AbortSignal.abort()), givenUp);
  const client = new AbortController();
  const asked = askSpecialist(stuck, request, 600_000, client.signal);
  client.abort();
  assert.deepEqual(await asked, givenUp);
});
