/**
 * Calls of a session: how many each specialist has served, as the proof holds for sessions of at most a number of them
 * (stats/sessions) and the router leaves those beyond to the LLM; and how many it could be asked about. In memory, for the latest sessions.
 * Does not: know which session a call belongs to (conversations.ts), or how many may be served (the gate).
 */

export interface SessionLimits {
  /** One more call that the task's specialist may be asked about: its ordinal in the longest of these sessions, from 1. */
  turn(taskId: string, sessions: readonly string[]): number;
  isReached(specialistId: string, session: string, cap: number): boolean;
  /** One more was served. */
  count(specialistId: string, session: string): void;
}

/** @param limit Sessions that are remembered; of more the one goes whose last call is longest ago. */
export function sessionLimits(limit: number): SessionLimits {
  const turns = new Map<string, number>();
  const served = new Map<string, number>();
  const keyOf = (of: string, session: string): string => `${of} ${session}`;
  const add = (counts: Map<string, number>, key: string): number => {
    const next = (counts.get(key) ?? 0) + 1;
    counts.delete(key);
    counts.set(key, next);
    if (counts.size > limit) counts.delete(counts.keys().next().value!);
    return next;
  };
  return {
    turn: (taskId, sessions) => Math.max(...sessions.map((session) => add(turns, keyOf(taskId, session)))),
    isReached: (specialistId, session, cap) => (served.get(keyOf(specialistId, session)) ?? 0) >= cap,
    count: (specialistId, session) => void add(served, keyOf(specialistId, session)),
  };
}
