/**
 * What feedback says of sessions, by metric: those in which a specialist served a call beside those that the LLM served alone.
 * Does not: claim that the specialist is the cause. Sessions are not drawn at random: what is served depends on the calls.
 */
import { openContent } from '../capture/feedback.ts';
import type { Vault } from '../capture/vault.ts';
import { CORRECTION } from '../core/feedback.ts';
import type { OutcomeReport } from '../core/status-report.ts';
import type { FeedbackStore } from '../core/store.ts';
import { meanOf } from '../stats/mean.ts';

/** Sum and number of what was said of a session. */
interface Said {
  readonly bySpecialist: boolean;
  sum: number;
  n: number;
}

/** A session counts once for a metric, with the mean of what was said of it and of its calls. By name. */
export async function outcomesOf(
  store: Pick<FeedbackStore, 'sessionFeedback'>,
  vault: Pick<Vault, 'ring'>,
): Promise<readonly OutcomeReport[]> {
  const metrics = new Map<string, Map<string, Said>>();
  for await (const batch of store.sessionFeedback()) {
    const ring = await vault.ring(batch.map(({ content }) => content.day));
    for (const { session, bySpecialist, content } of batch) {
      const said = openContent(content, ring);
      if (said === null || said.name === CORRECTION || typeof said.value === 'object') continue;
      const sessions = metrics.get(said.name) ?? new Map<string, Said>();
      metrics.set(said.name, sessions);
      const before = sessions.get(session) ?? { bySpecialist, sum: 0, n: 0 };
      before.sum += Number(said.value);
      before.n++;
      sessions.set(session, before);
    }
  }
  return [...metrics]
    .map(([name, sessions]) => {
      const values = (wanted: boolean): number[] =>
        [...sessions.values()].flatMap(({ bySpecialist, sum, n }) =>
          bySpecialist === wanted ? [sum / n] : [],
        );
      return { name, withSpecialists: meanOf(values(true)), llmAlone: meanOf(values(false)) };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
