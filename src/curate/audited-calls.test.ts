/** Calls that an audit has on record: they stand for those that it did not see. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { audited, sortCall as call, sum, sortTask as task, WORDS } from '../../test/support/sort-calls.ts';
import { AUDITED, recordedWith } from '../core/call.ts';
import { SPLITS } from '../core/dataset.ts';
import { buildDataset } from './dataset.ts';

describe('audited calls', () => {
  it('make up as much of what is held back as of the traffic, one in twenty seen', () => {
    // Of 20,000 calls 14,000 are served, of which 700 are on record; the text tells which kind a call is of.
    const given = Array.from({ length: 6_700 }, (_, i) => {
      const one = call(i, i, i % 67 < 7 ? `served ${i}` : `handed on ${i}`, 'a');
      return i % 67 < 7 ? audited(one, 0.05) : one;
    });
    const { splits, dropped } = buildDataset(task, given, { seed: 1 });
    const heldBack = SPLITS.slice(1).flatMap((name) => splits[name]);
    const served = heldBack.filter(({ input }) => input.startsWith('served')).length;
    // 70 % of the traffic; at this size within four standard errors.
    assert.ok(Math.abs(served / heldBack.length - 0.7) < 4 * Math.sqrt(0.21 / heldBack.length));
    assert.ok(heldBack.length > 400, String(heldBack.length));
    const counted = sum(SPLITS.flatMap((name) => splits[name].map(({ weight }) => weight)));
    assert.equal(counted + sum(Object.values(dropped)), given.length);
    assert.deepEqual(Object.keys(dropped), ['thinned']);
  });

  it('thin no call that is held back where they are learnt from', () => {
    const calls = Array.from({ length: 400 }, (_, i) => call(i, i, `number ${i} of ${WORDS[i % 15]}`, 'a'));
    const plain = buildDataset(task, calls, { seed: 1 });
    const { splits, dropped } = buildDataset(task, [audited(calls[0]!, 0.001), ...calls.slice(1)], {
      seed: 1,
    });
    assert.equal(dropped.thinned, undefined);
    assert.equal(splits.calibration.length, plain.splits.calibration.length);
  });

  it('thin no other split than their own', () => {
    const calls = Array.from({ length: 400 }, (_, i) => call(i, i, `number ${i} of ${WORDS[i % 15]}`, 'a'));
    const plain = buildDataset(task, calls, { seed: 1 });
    const last = plain.splits.exam.at(-1)!.callId;
    const { splits } = buildDataset(
      task,
      calls.map((one) => (one.id === last ? audited(one, 0.1) : one)),
      { seed: 1 },
    );
    assert.ok(splits.exam.length < plain.splits.exam.length);
    assert.ok(
      splits.calibration.length >= plain.splits.calibration.length - 40,
      `${splits.calibration.length}`,
    );
  });

  it('are not made by a tag that an agent sends', () => {
    const forged = { ...call(1, 1, 'x', 'a'), tags: { [AUDITED]: '0.0001' } };
    assert.equal(recordedWith(forged), 1);
    for (const probability of [0, -1, 2, Number.NaN])
      assert.equal(recordedWith(audited(forged, probability)), 1);
  });
});
