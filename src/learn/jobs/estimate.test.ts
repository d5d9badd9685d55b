import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleLearnReport } from '../../../test/support/sample-reports.ts';
import { configSchema } from '../../core/config.ts';
import { dollarsPaid, estimateOf } from './estimate.ts';

const config = configSchema.parse({ train: { minutes: 30, threads: 4 } });
const done = (cpuMinutes: number, calls: number) => ({
  state: 'done' as const,
  spent: { '2026-05-01': { cpuMinutes, diskBytes: 1000, dollars: 0 } },
  seen: { calls, feedback: 0, at: 1 },
});

test('before any run has ended the time budget is what it may take, and it says so', () => {
  const { cpuMinutes, dollars, basis } = estimateOf([], config, 1000);
  assert.deepEqual([cpuMinutes, dollars], [120, 0]);
  assert.match(basis, /train\.minutes/);
});

test('afterwards the last three runs tell, for as many calls as there are now', () => {
  const failed = { ...done(500, 1000), state: 'failed' as const };
  const runs = [done(90, 1000), done(2, 1000), failed, done(4, 1000), done(6, 1000)];
  assert.equal(estimateOf(runs, config, 1000).cpuMinutes, 4);
  assert.equal(estimateOf(runs, config, 2000).cpuMinutes, 8);
  assert.match(estimateOf(runs, config, 1000).basis, /the last 3 runs/);
});

test('money is expected and counted where the LLM is asked again, or a provider trains', () => {
  const asking = configSchema.parse({ learn: { askAgain: true } });
  const hosted = configSchema.parse({
    train: { hosted: { baseUrl: 'https://api.example.com/v1', model: 'm', apiKey: 'k' } },
  });
  assert.ok(Math.abs(estimateOf([], asking, 1000).dollars - 0.5) < 1e-9);
  assert.equal(estimateOf([], hosted, 1000).dollars, 15);
  const price = { input_cost_per_token: 1e-6, output_cost_per_token: 1e-6 };
  const cheaper = configSchema.parse({ prompted: [{ baseUrl: 'https://a.example/v1', model: 'm', price }] });
  assert.equal(estimateOf([], cheaper, 1000).dollars, 0.5);
  const report = sampleLearnReport();
  const [task] = report.tasks;
  const trained = [{ candidateId: 'c', rung: 'hosted', base: 'm', seconds: 1, figures: { paidTokens: 2e6 } }];
  assert.equal(dollarsPaid({ tasks: [{ ...task!, askedAgain: 0, trained: [] }] }, hosted), 0);
  assert.equal(dollarsPaid({ tasks: [{ ...task!, askedAgain: 500, trained }] }, hosted), 10.5);
});
