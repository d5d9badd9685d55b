/**
 * What was said of tasks before they were learnt, kept as events, so that the report of a learning run can show it beside what
 * was reached.
 */
import type { AssessReport, PredictedCoverage } from '../../core/assessment.ts';
import type { Config } from '../../core/config.ts';
import { newId } from '../../core/ids.ts';
import { isObject } from '../../core/json.ts';
import type { TaskReport } from '../../core/learning.ts';
import type { EventStore } from '../../core/store.ts';

const KIND = 'task-assessed';

/** Puts on record what each task is expected to come to, at each bound. */
export async function keepPredictions(
  { tasks }: AssessReport,
  store: Pick<EventStore, 'addEvent'>,
): Promise<void> {
  for (const { task, expected, rung, cost } of tasks) {
    const at = Date.now();
    const detail = {
      name: task.name,
      calls: task.calls,
      rung,
      minutes: cost.minutes,
      expected: expected.map(({ epsilon, mean, low, high, passes }) => ({
        epsilon,
        mean,
        low,
        high,
        passes,
      })),
    };
    await store.addEvent({ id: newId('event', at), at, kind: KIND, subject: task.id, detail });
  }
}

/** The report with what was said of its task before, at the same bound. */
export async function withPrediction(
  report: TaskReport,
  { store, config }: { readonly store: Pick<EventStore, 'events'>; readonly config: Pick<Config, 'gate'> },
): Promise<TaskReport> {
  const predicted = await predictionFor(report.task.id, config.gate.epsilon, store);
  return predicted === null ? report : { ...report, predicted };
}

/** The latest prediction for the task at this bound; null where there is none. */
async function predictionFor(
  taskId: string,
  epsilon: number,
  store: Pick<EventStore, 'events'>,
): Promise<PredictedCoverage | null> {
  const [event] = await store.events({ kind: KIND, subject: taskId, limit: 1 });
  const expected = event?.detail.expected;
  if (event === undefined || !Array.isArray(expected)) return null;
  const { rung } = event.detail;
  const named = typeof rung === 'string' ? rung : null;
  // Nothing could be tried: nothing was expected to be served.
  if (expected.length === 0)
    return { at: event.at, epsilon, rung: named, coverage: { mean: 0, low: 0, high: 0 } };
  const own = expected.filter(isObject).find((each) => each.epsilon === epsilon);
  if (own === undefined) return null;
  const [mean, low, high] = [Number(own.mean), Number(own.low), Number(own.high)];
  return { at: event.at, epsilon, rung: named, coverage: { mean, low, high } };
}
