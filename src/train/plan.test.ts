import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { planPasses } from './plan.ts';

const lengths = fc.array(fc.integer({ min: 1, max: 1024 }), { minLength: 1, maxLength: 200 });
const positive = (max: number) => fc.double({ min: 1e-3, max, noNaN: true });

test('a plan keeps to its minutes and to the passes that are wanted, or says how many minutes would do', () => {
  fc.assert(
    fc.property(
      lengths,
      fc.double({ min: 1, max: 8, noNaN: true }),
      positive(1000),
      positive(10_000),
      fc.constantFrom(0, 1),
      (lengths, wanted, minutes, speed, overhead) => {
        const plan = planPasses(lengths, wanted, { minutes, speed }, overhead);
        assert.ok(Math.abs(plan.minutes * 60 * speed - plan.work) <= 1e-6 * plan.work);
        assert.ok(plan.epochs <= wanted + 0.005);
        // Passes are rounded to hundredths.
        if (plan.refusal === null) assert.ok(plan.minutes <= minutes * 1.01);
        else {
          const needed = plan.refusal.minutesNeeded!;
          assert.ok(needed > minutes / 2 && plan.refusal.reason !== '');
          assert.equal(planPasses(lengths, wanted, { minutes: needed, speed }, overhead).refusal, null);
        }
      },
    ),
  );
});

test('a faster machine makes no fewer passes in the same minutes', () => {
  fc.assert(
    fc.property(lengths, positive(100), positive(5_000), (lengths, minutes, speed) => {
      const [slow, fast] = [speed, 2 * speed].map((each) => planPasses(lengths, 4, { minutes, speed: each }));
      assert.ok(fast!.epochs >= slow!.epochs);
      assert.ok(fast!.refusal === null || slow!.refusal !== null);
    }),
  );
});
