/**
 * Which tasks' answers are continued at the provider (`previous_response_id` and the like): a specialist's answer is not
 * stored there, so a call that refers to it would fail.
 * Does not: decide what follows from that (core/demands).
 */
import { ANY } from '../callsite/variable-part.ts';
import type { Task } from '../core/task.ts';
import { placeOf } from '../curate/usable.ts';

/**
 * The task, marked where calls with its tools and format continue stored answers. What was seen once stays: whoever does so
 * does it again. A pool of any tools may hold such calls.
 * @param continued As readUsable gives it.
 */
export function withContinued(task: Task, continued: ReadonlySet<string>): Task {
  const isContinued = task.sites.some((site) =>
    site.toolNames.includes(ANY) ? continued.size > 0 : continued.has(placeOf(site)),
  );
  return isContinued ? { ...task, isContinued } : task;
}
