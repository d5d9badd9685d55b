import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../core/random.ts';
import { type JudgeCounts, judgeLimits, powerOf } from './judge-limits.ts';

const counts = (spoilt: JudgeCounts['spoilt'], second: JudgeCounts['second'] = null): JudgeCounts => ({
  spoilt,
  second,
});

describe('judge limits', () => {
  it('are below and above what is true, together, in all but the level of samples', () => {
    const random = seededRandom(3);
    const hits = (n: number, p: number): number => {
      let k = 0;
      for (let i = 0; i < n; i++) if (random.next() < p) k++;
      return k;
    };
    for (const [sees, fault] of [
      [[0.9, 0.9, 0.9, 0.9], 0.05],
      [[0.99, 0.6, 0.95, 0.97], 0.1],
      [[0.99, 0.99], 0.01],
    ] as const) {
      const runs = 1500;
      let broken = 0;
      for (let run = 0; run < runs; run++) {
        const { sensitivity, falseAlarm } = judgeLimits(
          counts(
            sees.map((p) => ({ n: 40, worse: hits(40, p) })),
            { n: 60, worse: hits(60, fault) },
          ),
          0.1,
        );
        if (sensitivity > Math.min(...sees) || falseAlarm < fault) broken++;
      }
      assert.ok(broken / runs <= 0.1 + 2 * Math.sqrt((0.1 * 0.9) / runs), `${sees} ${fault}: ${broken}`);
    }
  });

  it('are those of the kind that is seen least, whatever the others', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(30), { minLength: 1, maxLength: 4 }),
        fc.double({ min: 0.001, max: 0.2, noNaN: true }),
        (seen, level) => {
          const all = judgeLimits(counts(seen.map((worse) => ({ n: 30, worse }))), level);
          const least = judgeLimits(counts([{ n: 30, worse: Math.min(...seen) }]), level);
          assert.equal(all.sensitivity, least.sensitivity);
        },
      ),
    );
  });

  it('give a judge that was not measured no power', () => {
    assert.equal(powerOf(judgeLimits(counts([]), 0.05)), 0);
    assert.ok(powerOf(judgeLimits(counts([{ n: 60, worse: 0 }]), 0.05)) <= 0);
    assert.ok(powerOf(judgeLimits(counts([{ n: 60, worse: 60 }], { n: 0, worse: 0 }), 0.05)) <= 0);
  });
});
