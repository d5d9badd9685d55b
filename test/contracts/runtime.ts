/** What every runtime must do, whatever it runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Runtime } from '../../src/core/runtime.ts';
import type { Artefact, Prediction } from '../../src/core/specialist.ts';

export interface RuntimeCase {
  readonly runtime: Runtime;
  readonly artefact: Artefact;
  /** At least two inputs that have an answer. */
  readonly inputs: readonly string[];
}

/** @param open called once; what it opens is closed by the caller after the tests. */
export function runtimeContract(name: string, open: () => Promise<RuntimeCase>): void {
  let opened: Promise<RuntimeCase> | undefined;
  const start = (): Promise<RuntimeCase> => {
    opened ??= open();
    return opened;
  };

  test(`${name}: the artefact's rung is among those it runs`, async () => {
    const { runtime, artefact } = await start();
    assert.ok(runtime.rungs.includes(artefact.rung));
  });

  test(`${name}: answers come with signals between 0 and 1, and the same ones again`, async () => {
    const { runtime, artefact, inputs } = await start();
    for (const input of inputs) {
      const first = await runtime.predict(artefact, input);
      const second = await runtime.predict(artefact, input);
      assert.notEqual(first.answer, '');
      assert.ok(Object.keys(first.signals).length > 0);
      for (const value of Object.values(first.signals)) assert.ok(value >= 0 && value <= 1);
      assert.ok(first.ms >= 0);
      same(second, first);
    }
  });

  test(`${name}: requests at once get what requests one by one get`, async () => {
    const { runtime, artefact, inputs } = await start();
    const alone: Prediction[] = [];
    for (const input of inputs) alone.push(await runtime.predict(artefact, input));
    const crowd = [...inputs, ...inputs, ...inputs];
    const together = await Promise.all(crowd.map((input) => runtime.predict(artefact, input)));
    together.forEach((prediction, i) => {
      same(prediction, alone[i % inputs.length]!);
    });
  });

  test(`${name}: a draft, right or wrong, changes nothing`, async () => {
    const { runtime, artefact, inputs } = await start();
    for (const input of inputs) {
      const plain = await runtime.predict(artefact, input);
      const drafts = [
        plain.answer,
        plain.answer.slice(0, -1),
        `${plain.answer} and more`,
        'quite another answer',
      ];
      for (const draft of drafts) same(await runtime.predict(artefact, input, { draft }), plain);
    }
  });

  test(`${name}: a cancelled request fails as cancelled, and the next is served`, async () => {
    const { runtime, artefact, inputs } = await start();
    await assert.rejects(
      runtime.predict(artefact, inputs[0]!, { signal: AbortSignal.abort() }),
      (error: { code?: string }) => error.code === 'cancelled',
    );
    await runtime.predict(artefact, inputs[0]!);
  });
}

/** Batches of other shapes add in another order, so that probabilities differ in their last digits. */
function same(actual: Prediction, expected: Prediction): void {
  assert.equal(actual.answer, expected.answer);
  assert.deepEqual(Object.keys(actual.signals), Object.keys(expected.signals));
  for (const [signal, value] of Object.entries(expected.signals))
    assert.ok(
      Math.abs(actual.signals[signal]! - value) < 1e-3,
      `${signal}: ${actual.signals[signal]}, ${value}`,
    );
}
