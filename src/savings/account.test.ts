import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Served } from '../core/call.ts';
import type { UsageSum } from '../core/store.ts';
import { savingsOf } from './account.ts';
import { priceOf } from './prices.ts';

const machine = { dollarsPerCoreSecond: 0.001, wattsPerCore: 8, watts: 'estimated' } as const;
const sum = (over: Partial<UsageSum> & { by?: string; reason?: Served['reason'] } = {}): UsageSum => {
  const { by = 'llm', reason = 'no-specialist', ...rest } = over;
  return {
    day: '2026-05-01',
    origin: 'k1',
    taskId: 't1',
    served: { by, reason },
    aboutPart: 'gpt-4o',
    calls: 10,
    promptTokens: 8000,
    completionTokens: 1000,
    cachedTokens: 0,
    latencyMs: 1000,
    ...rest,
  };
};
const account = (
  usage: readonly UsageSum[],
  jobs: Parameters<typeof savingsOf>[0]['jobs'] = [],
  charges: Parameters<typeof savingsOf>[0]['charges'] = [],
) =>
  savingsOf({
    usage,
    machine,
    jobs,
    charges,
    names: new Map([['t1', 'triage']]),
    modelOf: (about) => (about === 'gone' ? null : about),
    priceOf: (model) => priceOf(model),
  });
/** 8,000 tokens in at $2.50 and 1,000 out at $10 a million. */
const CHARGED = 0.03;
const near = (a: number, b: number): void => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);

describe('savingsOf', () => {
  test('takes off what others are paid by the request, on its day', () => {
    const charge = { for: 'judge', model: 'big', requests: 2, promptTokens: 9, completionTokens: 1 } as const;
    const { total, byDay, notes } = account(
      [sum()],
      [],
      [
        { ...charge, day: '2026-05-01', dollars: 0.5, unpriced: 0 },
        { ...charge, day: '2026-05-03', dollars: 0.25, unpriced: 1 },
      ],
    );
    near(total.others, 0.75);
    near(total.net, -0.75);
    assert.deepEqual(
      byDay.map(({ day, others, net }) => [day, others, net]),
      [
        ['2026-05-01', 0.5, -0.5],
        ['2026-05-03', 0.25, -0.25],
      ],
    );
    assert.match(notes.join(' '), /No price is known for big/);
  });

  test('sets audits, the machine, escalations and learning against what was avoided', () => {
    const { total, byTask, byDay } = account(
      [
        sum(),
        sum({ by: 's1', reason: 'confident', calls: 10, latencyMs: 2000 }),
        sum({ reason: 'audit', calls: 2, promptTokens: 1600, completionTokens: 200 }),
        // Asked and not used: 0.2 s each, as those that were served.
        sum({ reason: 'low-confidence', calls: 5, promptTokens: 0, completionTokens: 0 }),
      ],
      [{ spent: { '2026-05-01': { cpuMinutes: 0.1, diskBytes: 5, dollars: 0.004 } } }],
    );
    assert.deepEqual([total.calls, total.served], [25, 10]);
    near(total.avoided, CHARGED);
    near(total.audits, CHARGED / 5);
    near(total.machine, 0.003);
    near(total.learning, 0.01);
    near(total.net, CHARGED - CHARGED / 5 - 0.003 - 0.01);
    near(total.savedShare!, total.net / (2 * CHARGED));
    assert.equal(byTask[0]?.name, 'triage');
    near(byTask[0]!.net, total.net + total.learning);
    near(byDay[0]!.net, total.net);
  });

  test('a model without a price is named, and is in no sum of dollars', () => {
    const { total, unpriced, prices } = account([
      sum({ aboutPart: 'my-model', by: 's1', reason: 'confident', latencyMs: 0 }),
      sum({ aboutPart: 'gone' }),
    ]);
    assert.equal(total.avoided, 0);
    assert.equal(total.savedShare, null);
    assert.deepEqual(
      unpriced.map(({ model, calls }) => [model, calls]),
      [
        ['my-model', 10],
        ['(erased)', 10],
      ],
    );
    assert.deepEqual(prices, []);
  });

  test('rows by task, sender and day each add up to the whole, however the calls are split', () => {
    const row = fc.record({
      day: fc.constantFrom('2026-05-01', '2026-05-02', '2026-05-04'),
      origin: fc.constantFrom('', 'k1', 'k2'),
      taskId: fc.constantFrom('t1', 't2'),
      by: fc.constantFrom('llm', 's1'),
      reason: fc.constantFrom<Served['reason']>('audit', 'low-confidence', 'no-specialist', 'shadow'),
      aboutPart: fc.constantFrom('gpt-4o', 'claude-haiku-4-5', 'unknown'),
      calls: fc.nat(50),
      promptTokens: fc.nat(1e6),
      completionTokens: fc.nat(1e5),
      cachedTokens: fc.nat(1e6),
      latencyMs: fc.nat(1e5),
    });
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        const usage = rows.map((each) =>
          sum({ ...each, ...(each.by === 'llm' ? {} : { reason: 'confident' as const }) }),
        );
        const { total, byTask, byKey, byDay } = account(usage);
        for (const part of [byTask, byKey, byDay])
          for (const name of ['calls', 'served', 'avoided', 'llm', 'audits', 'machine', 'net'] as const)
            near(
              part.reduce((all, each) => all + each[name], 0),
              total[name],
            );
        near(total.net, total.avoided - total.audits - total.machine - total.learning);
      }),
    );
  });
});
