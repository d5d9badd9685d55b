import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evidence, TruthComparison } from '../core/specialist.ts';
import { meanOf } from '../stats/mean.ts';
import { pairedDifference } from '../stats/paired.ts';
import { rateOf } from '../stats/statistics.ts';
import { outcomeLines, truthText } from './evidence-text.ts';

const comparison = (over: Partial<TruthComparison>): TruthComparison => ({
  scope: 'served',
  complete: false,
  heldBack: 400,
  known: 200,
  onlySpecialist: 0,
  onlyLlm: 4,
  specialist: rateOf(1, 200),
  llm: rateOf(5, 200),
  delta: 0.05,
  margin: 0.02,
  nonInferior: true,
  ...pairedDifference(0, 4, 200, 0.95),
  ...over,
});
const text = (over: Partial<TruthComparison>): string =>
  truthText({ truth: comparison(over) } as unknown as Evidence);

test('the comparison with the truth says how many calls, both errors, the bound, and that it proves nothing by itself', () => {
  const said = text({});
  for (const part of [
    /Of 400 held-back calls feedback tells the truth of 200/,
    /specialist is wrong in 0\.5 % \(/,
    /the LLM in 2\.5 % \(/,
    /95 % confidence/,
    /no worse within 2 %/,
    /no part of the proof/,
  ])
    assert.match(said, part);
  assert.match(text({ nonInferior: false, high: 0.031 }), /up to 3\.1 points above the LLM’s/);
  const complete = text({ complete: true });
  assert.match(complete, /corrected record/);
  assert.doesNotMatch(complete, /no part of the proof/);
  assert.equal(truthText({} as unknown as Evidence), '');
});

test('outcomes are said to be observed, each side with its sessions and interval', () => {
  const yes = meanOf([1, 1, 1, 0]);
  const lines = outcomeLines([{ name: 'resolved', withSpecialists: yes, llmAlone: meanOf([]) }]);
  assert.match(lines[0] ?? '', /as observed/);
  assert.match(
    lines[1] ?? '',
    /resolved: with specialists 0\.75 \(0\.194–0\.994\) in 4 sessions; LLM alone no session\./,
  );
  assert.deepEqual(outcomeLines([]), []);
});
