/**
 * A task's dataset for an export: the examples as learning makes them of the captured calls, each with the request that it
 * came from. Joins cluster, curate and export.
 * Does not: write files (export/), or keep a record of it (commands/export.ts).
 */
import { findTasks } from '../cluster/tasks.ts';
import type { Call } from '../core/call.ts';
import type { Config } from '../core/config.ts';
import type { SplitName } from '../core/dataset.ts';
import type { Task } from '../core/task.ts';
import { buildDataset } from '../curate/dataset.ts';
import { readUsable } from '../curate/usable.ts';
import type { ExportedExample } from '../export/records.ts';
import { orderOf } from './rounds.ts';

export interface ExportedDataset {
  /** A specialist whose evidence names it was proved on this very dataset. */
  readonly id: string;
  /** Answers that no specialist can give are left out: there is nothing in them to learn. */
  readonly examples: readonly ExportedExample[];
}

export async function exportTask(
  calls: AsyncIterable<Call> | Iterable<Call>,
  options: {
    readonly task: Task;
    /** All tasks that are known, this one among them. */
    readonly known: readonly Task[];
    readonly splits: readonly SplitName[];
    readonly config: Pick<Config, 'train' | 'equality' | 'gate'>;
  },
): Promise<ExportedDataset> {
  const { task, known, splits, config } = options;
  const usable = await readUsable(calls);
  const { tasks, assignment } = findTasks(usable.calls, known);
  const own = usable.calls.filter(({ id }) => assignment.get(id) === task.id);
  const latest = tasks.find(({ id }) => id === task.id) ?? task;
  const dataset = buildDataset(latest, own, {
    seed: config.train.seed,
    order: orderOf(own),
    equality: config.equality,
    truth: config.gate.truth,
  });
  const requests = new Map(own.map(({ id, request }) => [id, request]));
  const examples = splits.flatMap((split) =>
    dataset.splits[split]
      .filter(({ answer }) => answer !== '')
      .map(
        (example): ExportedExample => ({
          example,
          split,
          kind: dataset.kind,
          request: requests.get(example.callId)!,
        }),
      ),
  );
  return { id: dataset.id, examples };
}
