/** What the loop makes of dirty traces, on the traffic of the benchmark: real stages, store and trainers, words alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SCENARIOS } from '../../benchmarks/dirty/scenarios.ts';
import { scoreOf } from '../../benchmarks/dirty/score.ts';

const scored = (name: string) => {
  const { make } = SCENARIOS.find((scenario) => scenario.name === name)!;
  const traffic = make(5);
  return scoreOf(traffic, 0.02).then((score) => ({ ...score, traffic }));
};

test('wrong labels are refused with their share, their calls, and a record', async () => {
  const { refusals, findings, events, traffic, deployed } = await scored('wrong labels, 10 %');
  assert.equal(deployed, 0);
  assert.match(
    refusals[0]!,
    /Probable cause: At least about .* recorded answers look wrong .* Calls: call_5_/,
  );
  const found = findings.find(({ kind }) => kind === 'wrong-answers')!;
  const hits = found.ids.filter((id) => traffic.wrong!.has(id)).length;
  assert.ok(hits >= 0.8 * found.ids.length, `${hits} of ${found.ids.length}`);
  assert.ok(events > 0);
});

test('calls before a change of the answers are not learnt from', async () => {
  const { findings, deployed, served, errors } = await scored('labels change, prompt does not');
  const found = findings.find(({ kind }) => kind === 'answers-changed')!;
  assert.match(found.done, /1500 calls before are not learnt from/);
  assert.equal(deployed, 1);
  assert.ok(served > 900 && errors / served <= 0.02, `${errors} of ${served}`);
});
