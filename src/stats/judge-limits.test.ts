import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../core/random.ts';
import { sensitivityLimit } from './judge-limits.ts';

describe('limit of a judge’s sensitivity', () => {
  it('is below that of the kind that is seen least, in all but the level of samples', () => {
    const random = seededRandom(3);
    const hits = (n: number, p: number): number => {
      let k = 0;
      for (let i = 0; i < n; i++) if (random.next() < p) k++;
      return k;
    };
    for (const sees of [
      [0.9, 0.9, 0.9, 0.9],
      [0.99, 0.6, 0.95, 0.97],
      [0.99, 0.99],
    ]) {
      const runs = 1500;
      let broken = 0;
      for (let run = 0; run < runs; run++) {
        const spoilt = sees.map((p) => ({ n: 40, worse: hits(40, p) }));
        if (sensitivityLimit(spoilt, 0.1) > Math.min(...sees)) broken++;
      }
      assert.ok(broken / runs <= 0.1 + 2 * Math.sqrt((0.1 * 0.9) / runs), `${sees}: ${broken}`);
    }
  });

  it('is that of the kind that is seen least, whatever the others', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(30), { minLength: 1, maxLength: 4 }),
        fc.double({ min: 0.001, max: 0.2, noNaN: true }),
        (seen, level) => {
          const all = sensitivityLimit(
            seen.map((worse) => ({ n: 30, worse })),
            level,
          );
          assert.equal(all, sensitivityLimit([{ n: 30, worse: Math.min(...seen) }], level));
        },
      ),
    );
  });

  it('is nothing for a judge that was not measured, or sees nothing', () => {
    assert.equal(sensitivityLimit([], 0.05), 0);
    assert.equal(sensitivityLimit([{ n: 60, worse: 0 }], 0.05), 0);
  });
});
