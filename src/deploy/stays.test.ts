import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { configSchema } from '../core/config.ts';
import type { Deployment, Stage } from '../core/deployment.ts';
import type { Specialist } from '../core/specialist.ts';
import { policyFor } from './policy.ts';
import { stayOf } from './stays.ts';

const deployment = (
  id: string,
  taskId: string,
  stages: readonly (readonly [Stage, number])[],
): Deployment => ({
  id,
  taskId,
  specialistId: `of ${id}`,
  stage: stages.at(-1)![0],
  threshold: 0.5,
  history: stages.map(([stage, at]) => ({ stage, at, reason: '' })),
});

test('stays of a task are numbered in the order in which they began, over all its deployments', () => {
  const first = deployment('d1', 't', [
    ['shadow', 1],
    ['canary', 2],
    ['shadow', 5],
    ['retired', 9],
  ]);
  const waiting = deployment('d2', 't', [['proposed', 3]]);
  const second = deployment('d3', 't', [['shadow', 10]]);
  const other = deployment('d4', 'other', [['shadow', 4]]);
  const all = [first, waiting, second, other];
  assert.deepEqual(
    all.map((each) => stayOf(each, all)),
    [2, 1, 3, 1],
  );
  assert.equal(stayOf(second, all, 'all-tasks'), 4);
  assert.equal(stayOf(second, all, 'task', new Set(['t', 'other'])), 4, 'a task that it was merged with');
});

const stage = fc.constantFrom<Stage>('proposed', 'shadow', 'canary', 'live', 'suspended', 'retired');
const histories = fc.array(fc.array(fc.tuple(stage, fc.nat(20)), { minLength: 1, maxLength: 6 }), {
  minLength: 1,
  maxLength: 6,
});

test('no two stays have one number, whatever moved when, so that the levels of all of them add up to delta at most', () => {
  const { serve } = configSchema.parse({});
  const specialist = {
    evidence: {
      gate: { epsilon: 0.02, delta: 0.05, served: 250, errors: 1 },
      exam: { servedError: { n: 9, hits: 0 } },
    },
  } as unknown as Specialist;
  fc.assert(
    fc.property(histories, (given) => {
      const all = given.map((each, i) =>
        deployment(
          `d${i}`,
          't',
          each.toSorted((a, b) => a[1] - b[1]),
        ),
      );
      // Each stay as it was when it was the latest of its deployment.
      const stays = all.flatMap((each) =>
        each.history.flatMap(({ stage: of, at }, i) =>
          of === 'shadow' && each.history[i + 1]?.at !== at
            ? [{ ...each, history: each.history.slice(0, i + 1) }]
            : [],
        ),
      );
      const numbers = stays.map((each) => stayOf(each, all));
      assert.equal(new Set(numbers).size, numbers.length);
      const levels = stays.map((each, i) => policyFor(specialist, each, serve, numbers[i]).stageDelta);
      assert.ok(levels.reduce((sum, level) => sum + level, 0) <= 0.05);
    }),
  );
});
