import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answersTo, falseAlarms, quantile, retirements, weeksOf } from '../../benchmarks/drift/figures.ts';
import type { Quarter } from '../../benchmarks/drift/quarter.ts';
import { CHANGES, DAY_MS, makeWorld, START } from '../../benchmarks/drift/world.ts';

const at = (day: number): number => START + day * DAY_MS;
const numbers = {
  comparisons: 40,
  errors: 9,
  recent: { comparisons: 40, errors: 9 },
  margin: 0.02,
  evidence: 30,
};

/** One deployment, live from day 5 until audits retire it on day 20; two calls a day, of which its own are wrong from day 10 on. */
function quarter(wrong: boolean): Quarter {
  const changes = new Map(CHANGES.map((change, i) => [change, at(10 + 15 * i)] as const));
  const played = Array.from({ length: 180 }, (_, i) => {
    const day = i / 2;
    const served = day >= 5 && day < 20;
    return {
      at: at(day),
      deployment: served ? 'd1' : null,
      isAudited: false,
      wrong: served && wrong && day >= 10,
    };
  });
  const moved = { from: 'live', to: 'retired', reason: '9 of 40 differ' };
  return {
    world: { seed: 1, changes, calls: [] },
    played,
    deployments: [
      {
        id: 'd1',
        taskId: 't',
        specialistId: 's',
        stage: 'retired',
        threshold: 0.5,
        history: [
          { stage: 'live', at: at(5), reason: '' },
          { stage: 'retired', at: at(20), reason: '9 of 40 differ', numbers },
        ],
      },
    ],
    events: [
      { id: 'e0', at: at(6), kind: 'coverage-fell', subject: 'd1', detail: {} },
      { id: 'e1', at: at(20), kind: 'deployment-moved', subject: 'd1', detail: moved },
    ],
    jobs: [],
    savings: null as unknown as Quarter['savings'],
  };
}

test('a change is answered by the first retirement or alarm after it, in calls, where something was live', () => {
  const first = answersTo(quarter(true), 'new intents');
  assert.deepEqual([first?.calls, first?.by], [20, 'retired']);
  assert.deepEqual(first?.after, { calls: 28, served: 20, wrong: 20 });
  assert.equal(answersTo(quarter(true), 'labels shift'), null);
});

test('a retirement within the bound is a false one, and so is an alarm before anything has changed', () => {
  assert.deepEqual(retirements(quarter(true)), { live: 1, false: 0 });
  assert.deepEqual(retirements(quarter(false)), { live: 1, false: 1 });
  assert.equal(falseAlarms(quarter(true)), 1);
});

test('weeks count all calls, those served, and the wrong ones among them', () => {
  const weeks = weeksOf(quarter(true));
  assert.equal(weeks.length, 12);
  assert.deepEqual(weeks[1], { calls: 14, served: 14, wrong: 8 });
  assert.equal(quantile([3, 1, 2], 0.5), 2);
  assert.ok(Number.isNaN(quantile([], 0.5)));
});

test('a world follows from its seed, and each change is seen in its calls', () => {
  const world = makeWorld(7);
  assert.deepEqual(makeWorld(7).calls.slice(0, 50), world.calls.slice(0, 50));
  assert.notDeepEqual(makeWorld(8).calls[0], world.calls[0]);
  const after = (change: (typeof CHANGES)[number]) =>
    world.calls.filter((call) => call.at >= world.changes.get(change)!);
  const before = (change: (typeof CHANGES)[number]) =>
    world.calls.filter((call) => call.at < world.changes.get(change)!);
  const isNew = ({ truth }: { truth: string }): boolean => truth === 'warranty' || truth === 'recall';
  assert.ok(!before('new intents').some(isNew) && after('new intents').some(isNew));
  const prompts = (calls: readonly { request: { messages: readonly { content: string }[] } }[]) =>
    new Set(calls.map(({ request }) => request.messages[0]!.content)).size;
  assert.deepEqual([prompts(before('prompt edited')), prompts(world.calls)], [1, 2]);
  assert.ok(before('junk feedback').every(({ junk }) => junk === null));
  assert.ok(after('junk feedback').some(({ junk }) => junk !== null));
});
