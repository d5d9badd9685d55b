import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleTokens } from '../../core/tokens.ts';
import { planLora, proposeLora, stepBatch } from './plan.ts';

const BUDGET = { minutes: 1000, speed: 250 };
const examples = (count: number, characters: number) =>
  Array.from({ length: count }, (_, i) => ({
    id: `${i}`,
    callId: `${i}`,
    sessionId: `${i}`,
    at: i,
    weight: 1,
    input: 'x'.repeat(characters),
    answer: 'refund',
  }));

test('short examples make larger steps, long ones smaller, within bounds', () => {
  const sizes = [1, 100, 150, 300, 5000].map((characters) =>
    stepBatch(examples(100, characters).map(exampleTokens)),
  );
  assert.deepEqual(sizes, [8, 6, 4, 4, 4]);
  assert.equal(planLora(examples(100, 100), BUDGET).batch, 6);
});

test('until a training is finished here, minutes go with threads and parameters; then with its speed', () => {
  const minutes = (parameters: number, threads: number, speed: number | null = null): number => {
    const bases = [{ name: 'base', kind: 'language', architecture: 'llama', parameters } as const];
    const limits = { bases, minutes: 1000, speedOf: () => speed };
    const measured = { tokensPerSecond: 250, parameters: 135e6, threads: 2 };
    return proposeLora(examples(500, 100), limits, { measured, threads })[0]!.minutes!;
  };
  assert.ok(Math.abs(minutes(135e6, 4) / minutes(135e6, 2) - 0.5) < 1e-9);
  assert.ok(Math.abs(minutes(270e6, 2) / minutes(135e6, 2) - 2) < 1e-9);
  assert.ok(Math.abs(minutes(135e6, 2, 25) / minutes(135e6, 2) - 10) < 1e-9);
  assert.equal(minutes(270e6, 4, 25), minutes(135e6, 2, 25));
});

test('a base that was not trained here yet is planned by the speed of one that was', () => {
  const bases = [135e6, 540e6].map(
    (parameters) => ({ name: `${parameters}`, kind: 'language', architecture: 'llama', parameters }) as const,
  );
  const speedOf = (base: string | null): number | null => (base === '135000000' ? 40 : null);
  const limits = { bases, minutes: 100_000, speedOf };
  const measured = { tokensPerSecond: 250, parameters: 135e6, threads: 2 };
  const [known, other] = proposeLora(examples(500, 100), limits, { measured, threads: 2 });
  assert.ok(Math.abs(other!.minutes! / known!.minutes! - 4) < 1e-9);
});

test('an example with soft targets takes the time of all its answers', () => {
  const hard = examples(500, 100);
  const soft = hard.map((example) => ({ ...example, soft: [{ answer: 'order', probability: 0.2 }] }));
  const [one, two] = [hard, soft].map((train) => planLora(train, BUDGET));
  assert.equal(one!.epochs, two!.epochs);
  assert.ok(Math.abs(two!.minutes / one!.minutes - 2) < 1e-9);
});

test('where not half a pass fits it says how many minutes one takes', () => {
  assert.equal(planLora(examples(500, 100), BUDGET).refusal, null);
  const { refusal } = planLora(examples(5000, 1000), { minutes: 3, speed: 250 });
  assert.match(refusal!.reason, /5000 examples .* 3 are left/);
  assert.ok(refusal!.minutesNeeded! > 3);
});
