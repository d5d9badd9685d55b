import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Served } from '../core/call.ts';
import type { Deployment } from '../core/deployment.ts';
import type { Specialist } from '../core/specialist.ts';
import type { Event } from '../core/store.ts';
import { coverageAlarms } from './coverage-alarms.ts';

const deployment: Deployment = {
  ...{ id: 'dep_1', taskId: 'task_1', specialistId: 'sp_1', stage: 'live', threshold: 0.9, history: [] },
};
const specialist = {
  ...{ id: 'sp_1', taskId: 'task_1' },
  evidence: { exam: { coverage: { hits: 180, n: 200, share: 0.9, low: 0.85, high: 0.94 } } },
} as unknown as Specialist;

test('an alarm is one line in the log and one event, which waits for a store that fails', async () => {
  const log: string[] = [];
  const alarms = coverageAlarms(
    (line) => log.push(line),
    () => 7,
  );
  alarms.update({ deployments: [deployment], specialists: [specialist] });
  let reason: Served['reason'] = 'confident';
  const router = alarms.counted({
    route: async () => ({ served: { by: 'llm', reason, taskId: 'task_1' }, answer: null, compare: null }),
  });
  const play = async (n: number, next: Served['reason']): Promise<void> => {
    reason = next;
    for (let i = 0; i < n; i++)
      await router.route(
        { id: `${i}`, request: 'foreign', llmAskedFor: false },
        new AbortController().signal,
      );
  };
  await play(300, 'confident');
  await play(100, 'low-confidence');
  assert.equal(log.length, 1);
  assert.match(
    log[0]!,
    /^deployment dep_1: \d+ of the last 300 calls were served, where the exam promised 90 %/,
  );

  const events: Event[] = [];
  const failing = { addEvent: () => Promise.reject(new Error('locked')) };
  await assert.rejects(alarms.write(failing), /locked/);
  const store = { addEvent: async (event: Event) => void events.push(event) };
  await alarms.write(store);
  await alarms.write(store);
  assert.deepEqual(
    events.map(({ kind, subject, at }) => [kind, subject, at]),
    [['coverage-fell', 'dep_1', 7]],
  );
  // A new plan with the same deployment changes nothing; calls of other tasks count for nobody.
  alarms.update({ deployments: [deployment], specialists: [specialist] });
  await play(100, 'low-confidence');
  assert.equal(log.length, 1);
});
