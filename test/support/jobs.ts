/** Jobs for the tests of the scheduler and of the store. */
import type { Job } from '../../src/core/job.ts';

/** A job that waits, of all tasks, unless `over` says otherwise. */
export function exampleJob(id: string, over: Partial<Job> = {}): Job {
  return {
    id,
    kind: 'learn',
    trigger: 'new-calls',
    reason: 'for a test',
    tasks: null,
    mode: 'auto',
    state: 'queued',
    createdAt: 1,
    startedAt: null,
    endedAt: null,
    notBefore: 0,
    starts: 0,
    crashes: 0,
    pid: null,
    heartbeatAt: null,
    isCancelRequested: false,
    progress: null,
    estimate: null,
    spent: {},
    result: null,
    note: null,
    seen: null,
    ...over,
  };
}
