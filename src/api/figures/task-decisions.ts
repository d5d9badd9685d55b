/** What a person can say about a task's call sites, and what people have said, for the page. */
import type { CallSite } from '../../core/task.ts';
import type { TaskDecision } from '../../core/task-decision.ts';
import type { CallSiteView, TaskDecisionView } from '../schemas/decisions.ts';

/** Characters of a prompt that tell one from another. */
const MAX_BEGINS = 120;

/** @param mayReadWords Whether the constant part of the prompt, which callers wrote, is shown. */
export function callSiteView(
  { id, turn, toolNames, formatHash, system, user }: CallSite,
  mayReadWords: boolean,
): CallSiteView {
  const constant = [...(system?.pieces ?? []), ...user.pieces].find((piece) => piece.trim() !== '') ?? '';
  return {
    id,
    turn,
    tools: toolNames,
    hasFormat: formatHash !== '',
    begins: mayReadWords ? constant.trim().slice(0, MAX_BEGINS) : null,
  };
}

/** Newest first. */
export function decisionsOn(taskId: string, decisions: readonly TaskDecision[]): TaskDecisionView[] {
  return decisions
    .filter((decision) => decision.taskId === taskId || decision.otherId === taskId)
    .map(({ id, kind, at, by, reason, before, after, otherId }) => {
      const named = [...after, ...before].find((task) => task.id === otherId);
      return { id, action: kind, at, by, reason, other: named?.name ?? null };
    })
    .reverse();
}
