import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleJob } from '../../test/support/jobs.ts';
import { jobsText, jobText } from './jobs.ts';

const page = { color: false, width: 120 };
const NOW = Date.UTC(2026, 4, 1, 12);
const running = exampleJob('job_1', {
  state: 'running',
  trigger: 'drift',
  createdAt: NOW,
  startedAt: NOW,
  starts: 2,
  mode: 'propose',
  reason: "'triage': less is served",
  progress: { step: 'train', subject: 'triage', done: 1, total: 4, leftMs: 90_000 },
  estimate: { cpuMinutes: 12, diskBytes: 2e6, dollars: 0.5, savedADay: 1.25, basis: 'the last 3 runs' },
  spent: {
    '2026-04-30': { cpuMinutes: 1, diskBytes: 1e6, dollars: 0 },
    '2026-05-01': { cpuMinutes: 0.5, diskBytes: 0, dollars: 0 },
  },
});

test('a running job shows how far it is, what it may take and bring, and what it has taken over all its days', () => {
  const text = jobText(running, page, NOW);
  assert.match(text, /running, set off by drift, mode propose/);
  assert.match(text, /train triage 25 %, 1 min 30 s left/);
  assert.match(text, /about 12 min of processor time and 2 MB on disk, \$0\.50; it may save \$1\.25 a day/);
  assert.match(text, /Taken: 1 min 30 s of processor time, 1 MB on disk\./);
  assert.match(text, /, 2 times\./);
});

test('the list has a line for each job, and says what to do where there is none', () => {
  const waiting = exampleJob('job_2', { notBefore: NOW + 3_600_000 });
  const lines = jobsText([running, waiting], page, NOW).split('\n');
  assert.equal(lines.length, 3);
  assert.match(lines[2]!, /queued +not before 2026-05-01 13:00/);
  assert.match(jobsText([], page, NOW), /jobs run/);
});
