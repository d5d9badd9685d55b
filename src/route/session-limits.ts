/**
 * How many calls of a session each specialist has served: the proof holds for sessions of at most so many (stats/sessions),
 * so the router leaves those beyond to the LLM. In memory, for the latest sessions.
 * Does not: know which session a call belongs to (conversations.ts), or how many may be served (the gate).
 */

export interface SessionLimits {
  isReached(specialistId: string, session: string, cap: number): boolean;
  /** One more was served. */
  count(specialistId: string, session: string): void;
}

/** @param limit Sessions that are remembered; of more the one goes whose last call is longest ago. */
export function sessionLimits(limit: number): SessionLimits {
  const counts = new Map<string, number>();
  const keyOf = (specialistId: string, session: string): string => `${specialistId} ${session}`;
  return {
    isReached: (specialistId, session, cap) => (counts.get(keyOf(specialistId, session)) ?? 0) >= cap,
    count: (specialistId, session) => {
      const key = keyOf(specialistId, session);
      const served = counts.get(key) ?? 0;
      counts.delete(key);
      counts.set(key, served + 1);
      if (counts.size > limit) counts.delete(counts.keys().next().value!);
    },
  };
}
