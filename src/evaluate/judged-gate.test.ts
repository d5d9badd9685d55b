/** The gate where a judge with errors of its own says what is wrong. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type MadeJudge, passShare } from '../../test/support/judged-runs.ts';

const RUNS = 1_000;
const SPOILT = 60;
/** The end of the 95 % interval of a share of 5 % in that number of runs. */
const MOST = 0.05 + 2 * Math.sqrt((0.05 * 0.95) / RUNS);

const JUDGES: Readonly<Record<string, MadeJudge>> = {
  'without an error': { favoursFirst: 0, sees: [1, 1, 1, 1], findsFault: 0 },
  'that overlooks half of one kind': { favoursFirst: 0, sees: [1, 1, 0.5, 1], findsFault: 0 },
  'that favours a place': { favoursFirst: 0.4, sees: [0.99, 0.97, 0.9, 0.95], findsFault: 0.01 },
};

describe('gate with a judge', () => {
  for (const [name, judge] of Object.entries(JUDGES))
    it(`passes a specialist at the bound in at most delta of runs: a judge ${name}`, () => {
      const task = { worse: 0.0201, session: 1, calls: 600, spoilt: SPOILT };
      const share = passShare(judge, task, RUNS);
      assert.ok(share <= MOST, `${share}`);
    });

  it('would not, were verdicts taken as they are', () => {
    const task = { worse: 0.0201, session: 1, calls: 600, spoilt: SPOILT };
    const share = passShare(JUDGES['that overlooks half of one kind']!, task, 300, { isNaive: true });
    assert.ok(share > 0.3, `${share}`);
  });

  it('passes a good specialist with a good judge', () => {
    const good: MadeJudge = { favoursFirst: 0.02, sees: [1, 1, 0.98, 1], findsFault: 0.001 };
    const task = { worse: 0.002, session: 1, calls: 800, spoilt: SPOILT };
    assert.ok(passShare(good, task, 100) > 0.7);
  });
});
