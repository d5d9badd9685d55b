import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecordingResult } from '../../benchmarks/recordings.ts';
import { madeOf, summaryOf } from '../../scripts/results-summary.ts';

const interval = { mean: 0, low: 0, high: 0 };

const result = (name: string, commit?: string, cores = 2): RecordingResult =>
  ({
    recording: { name, what: 'made up', minutes: 1 },
    imported: 0,
    assessed: { total: { coverage: interval }, tasks: [] },
    report: {
      startedAt: Date.UTC(2026, 10, 28),
      usableCalls: 0,
      seconds: 0,
      tasks: [],
      hardware: { cpu: 'a CPU', cores, memoryBytes: 1, platform: 'linux x64', node: 'v24' },
    },
    ...(commit === undefined ? {} : { commit }),
  }) as unknown as RecordingResult;

test('results of one program on one machine say so once', () => {
  assert.deepEqual(madeOf([result('a', 'abc1234'), result('b', 'abc1234')], 'unknown'), [
    'Made by `npm run results` on 2026-11-28 at commit abc1234, on 2 cores (a CPU, linux x64), Node v24.',
  ]);
});

test('results of several programs or machines say it of each recording', () => {
  const said = madeOf(
    [result('a', 'abc1234'), result('b'), result('c', 'abc1234'), result('d', 'abc1234', 8)],
    'unknown',
  ).join('\n');
  assert.match(said, /^- a, c: .* at commit abc1234, on 2 cores/m);
  assert.match(said, /^- b: .* at commit unknown/m);
  assert.match(said, /^- d: .* on 8 cores/m);
});

test('a recording without a usable call has no shares', () => {
  const row = summaryOf(result('a'));
  assert.doesNotMatch(JSON.stringify(row), /NaN|Infinity|null/);
  assert.equal(row['taken over'], '–');
});
