import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { learnSchema } from '../../core/config-learn.ts';
import { NO_COST } from '../../core/job.ts';
import { deltaOfTry } from '../../stats/spending.ts';
import { callsNeeded } from '../../stats/statistics.ts';
import { type LastTry, type LearningFacts, type TaskFacts, whatIsDue } from './due.ts';

const HOUR = 3_600_000;
const NOON = new Date(2026, 4, 1, 12).getTime();
const NIGHT = new Date(2026, 4, 1, 2).getTime();
const settings = learnSchema.parse({ mode: 'auto' });

const task = (over: Partial<TaskFacts> = {}): TaskFacts => ({
  id: 't1',
  name: 'triage',
  lastTry: null,
  newCalls: 0,
  newFeedback: 0,
  isInService: false,
  isProposed: false,
  isStopped: false,
  rollback: null,
  change: null,
  ...over,
});
const tried = (over: Partial<LastTry> = {}): LastTry => ({
  at: NOON - 100 * HOUR,
  calls: 1000,
  outcome: 'passed',
  moreCalls: null,
  recent: 1,
  ...over,
});
const facts = (over: Partial<LearningFacts> = {}): LearningFacts => ({
  tasks: [],
  calls: 1000,
  lastRun: { at: NOON - 100 * HOUR, calls: 1000, failures: 0 },
  unassigned: 0,
  spentToday: NO_COST,
  trainingBytes: 0,
  freeBytes: 1e12,
  estimate: { cpuMinutes: 10, diskBytes: 1e6, dollars: 0, savedADay: null, basis: 'for a test' },
  ...over,
});
const due = (over: Partial<LearningFacts>, now = NOON, given = settings) =>
  whatIsDue(facts(over), given, now);

describe('whatIsDue', () => {
  test('begins with the first calls there are enough of, in any mode but off', () => {
    const first = { lastRun: null, calls: 300, unassigned: 300 };
    const { job } = due(first);
    assert.deepEqual(job, {
      trigger: 'new-calls',
      tasks: [],
      reason: '300 new calls, and nothing has been learnt yet',
    });
    assert.equal(due({ ...first, unassigned: 299 }).job, null);
    for (const mode of ['observe', 'propose'] as const)
      assert.notEqual(due(first, NOON, { ...settings, mode }).job, null);
    assert.match(due(first, NOON, { ...settings, mode: 'off' }).reason, /switched off/);
  });

  test('learns a task again when its calls have grown, and one that serves when they have doubled', () => {
    const needs = (over: Partial<TaskFacts>): number =>
      Array.from({ length: 3000 }, (_, n) => n).find(
        (newCalls) => due({ tasks: [task({ ...over, newCalls })] }).job !== null,
      )!;
    assert.equal(needs({}), 300);
    assert.equal(needs({ lastTry: tried() }), 500);
    assert.equal(needs({ lastTry: tried({ calls: 100 }) }), 300);
    assert.equal(needs({ lastTry: tried(), isInService: true }), 1000);
    assert.equal(needs({ lastTry: tried(), isProposed: true }), 1000);
    const refused = (moreCalls: number) => ({ lastTry: tried({ outcome: 'refused', moreCalls }) });
    assert.equal(needs(refused(100)), 300);
    assert.equal(needs(refused(420)), 420);
    assert.equal(needs(refused(9000)), 500);
  });

  test('only the tasks that are due are learnt, the most urgent reason first', () => {
    const change = { at: NOON - HOUR, calls: 100, missing: 0, reason: '9 of the last 300 calls were served' };
    const { job } = due({
      tasks: [
        task({ id: 't1', newCalls: 700, lastTry: tried() }),
        task({ id: 't2', newCalls: 10, lastTry: tried() }),
        task({ id: 't3', lastTry: tried(), change }),
        // What came since cannot prove anything yet.
        task({ id: 't5', lastTry: tried(), newCalls: 700, change: { ...change, missing: 1 } }),
        task({ id: 't4', lastTry: tried(), newFeedback: 50 }),
      ],
    });
    assert.equal(job?.trigger, 'drift');
    assert.deepEqual(job.tasks, ['t1', 't3', 't4']);
    assert.match(job.reason, /700 new calls.*9 of the last 300.*feedback 50 times/);
  });

  test('half as much is enough at night', () => {
    const tasks = [task({ newCalls: 260, lastTry: tried() })];
    assert.equal(due({ tasks }).job, null);
    assert.equal(due({ tasks }, NIGHT).job?.trigger, 'nightly');
    assert.equal(due({ tasks }, NIGHT, { ...settings, window: 'off' }).job, null);
    const overMidnight = { ...settings, window: '22:00-03:00' };
    assert.equal(due({ tasks }, NIGHT, overMidnight).job?.trigger, 'nightly');
  });

  test('a rollback waits for fresh calls and some time, each the more the oftener it happens', () => {
    const rollback = (times: number, calls: number, hours: number): boolean =>
      due({
        tasks: [
          task({
            lastTry: tried(),
            newCalls: 5000,
            rollback: { at: NOON - hours * HOUR, calls, times, reason: '9 of 40 differ' },
          }),
        ],
      }).job?.trigger === 'rollback';
    assert.equal(rollback(1, 199, 24), false);
    assert.equal(rollback(1, 200, 24), true);
    assert.equal(rollback(1, 200, 0.5), false);
    assert.equal(rollback(3, 799, 24), false);
    assert.equal(rollback(3, 800, 3), false);
    assert.equal(rollback(3, 800, 24), true);
  });

  test('a stopped task is left alone', () => {
    const change = { at: NOON - HOUR, calls: 1000, missing: 0, reason: 'x' };
    assert.equal(
      due({ tasks: [task({ newCalls: 9000, newFeedback: 900, change, isStopped: true })] }).job,
      null,
    );
  });

  test('what is over a budget waits, and says which and for what', () => {
    const tasks = [task({ newCalls: 900 })];
    const waits = (over: Partial<LearningFacts>): string => {
      const { job, reason } = due({ tasks, ...over });
      assert.equal(job, null);
      assert.match(reason, /'triage' has 900 new calls/);
      return reason;
    };
    const estimate = facts().estimate;
    assert.match(waits({ spentToday: { ...NO_COST, cpuMinutes: 235 } }), /240 minutes .* 5 are left/);
    assert.match(waits({ spentToday: { ...NO_COST, cpuMinutes: 240 } }), /0 are left/);
    assert.match(waits({ estimate: { ...estimate, dollars: 2 } }), /\$2\.00, and \$1\.00/);
    assert.match(waits({ trainingBytes: 20e9 }), /20\.0 GB of the 20 GB/);
    assert.match(waits({ freeBytes: 0.9e9 }), /0\.9 GB are free/);
    assert.match(
      waits({ lastRun: { at: NOON - HOUR / 2, calls: 1000, failures: 1 } }),
      /the last 1 run failed/,
    );
    // What takes more than a day's budget begins on a fresh day.
    assert.notEqual(due({ tasks, estimate: { ...estimate, cpuMinutes: 900 } }).job, null);
  });

  test('whatever happens in a quarter, the gate asks for a few times the calls of a first try at most', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
        (perHour, passes) => {
          const tries: number[] = [];
          const rollbacks: number[] = [];
          let [calls, learntFrom] = [0, 0];
          for (let hour = 1; hour <= 24 * 90; hour++) {
            const now = NOON + hour * HOUR;
            calls += perHour;
            const at = tries.at(-1);
            const out = rollbacks.at(-1);
            const since = { calls: calls - learntFrom, reason: 'x' };
            // Every reason to learn holds at once, all the time.
            const state = task({
              lastTry:
                at === undefined
                  ? null
                  : tried({
                      at,
                      calls: learntFrom,
                      moreCalls: 1,
                      outcome: at === out ? 'passed' : 'refused',
                      recent: tries.filter((each) => each > now - 168 * HOUR).length,
                    }),
              newCalls: calls - learntFrom,
              newFeedback: 1000,
              change: at === undefined ? null : { at, missing: 0, ...since },
              rollback: at === undefined || at !== out ? null : { at, ...since, times: rollbacks.length },
            });
            if (due({ tasks: [state] }, now).job === null) continue;
            // Each that passes is rolled back at once.
            if (passes[tries.length % passes.length]) rollbacks.push(now);
            tries.push(now);
            learntFrom = calls;
          }
          const first = callsNeeded(0, 0.02, deltaOfTry(0.05, 1));
          const last = callsNeeded(0, 0.02, deltaOfTry(0.05, Math.max(1, tries.length)));
          assert.ok(last <= 4 * first, `${tries.length} tries, ${last} after ${first}`);
        },
      ),
      { numRuns: 30 },
    );
  });
});
