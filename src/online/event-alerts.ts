/**
 * Raises alerts for what is written into the record of events and a person should know: a deployment that was rolled back or
 * suspended, an alarm that calls have changed, a proposal that waits, a learning run that failed.
 * Does not: post them (telemetry/alerts.ts).
 */
import type { Event, EventStore } from '../core/store.ts';
import { ALARMS } from '../deploy/alarms.ts';
import { REPLACED } from '../deploy/stages.ts';
import type { Alert, AlertLink } from '../telemetry/alerts.ts';
import type { ProposalLinks } from './proposal-links.ts';

export interface EventAlerts {
  /** Reads what is new. @throws as the store. */
  read(store: Pick<EventStore, 'events'>): Promise<void>;
}

/** Events between two looks; of more, the oldest are not told. */
const AT_ONCE = 50;

/** Of deployments, only the moves that take calls away. */
const BAD_STAGES = new Set(['retired', 'shadow', 'suspended']);

/** Alarms that a person is told of. One that acts is told by the move that it makes. */
const TOLD: ReadonlySet<string> = new Set(ALARMS.filter((kind) => kind !== 'llm-renamed'));

/** @param linksOf Of what waits for approval. Default: there are none. */
export function eventAlerts(
  raise: (alert: Alert) => void,
  linksOf: ProposalLinks = async () => null,
): EventAlerts {
  /** Ids seen; null before the first look: what was there before is no news. */
  let seen: ReadonlySet<string> | null = null;
  return {
    read: async (store) => {
      const events = await store.events({ limit: AT_ONCE });
      if (seen !== null) {
        const known = seen;
        const news = await Promise.all(
          events
            .filter(({ id }) => !known.has(id))
            .map(async (event) => ({
              event,
              links: event.kind === 'specialist-proposed' ? await linksOf(event) : null,
            })),
        );
        for (const { event, links } of news) tell(event, links, raise);
      }
      seen = new Set(events.map(({ id }) => id));
    },
  };
}

function tell(event: Event, links: readonly AlertLink[] | null, raise: (alert: Alert) => void): void {
  const { kind, subject, at, detail } = event;
  const reason = typeof detail.reason === 'string' ? detail.reason : '';
  if (kind === 'deployment-moved') {
    const { from, to } = detail;
    // A person approved or rejected it, or its successor took its place.
    const isExpected = from === 'proposed' || reason.startsWith(REPLACED);
    if (typeof to !== 'string' || !BAD_STAGES.has(to) || isExpected) return;
    raise({
      kind: 'deployment-taken-back',
      subject,
      at,
      message: `${subject} went from ${from} to ${to}: ${reason}`,
    });
    return;
  }
  if (kind === 'specialist-proposed') {
    const command = `understudy approve ${String(detail.task)}`;
    raise({
      kind,
      subject,
      at,
      message: `${subject} passed and waits for approval (\`${command}\`): ${reason}`,
      ...(links === null ? {} : { links }),
    });
  }
  if (kind === 'job-ended' && detail.state === 'failed')
    raise({ kind: 'job-failed', subject, at, message: `The learning run ${subject} failed: ${reason}` });
  if (reason !== '' && TOLD.has(kind)) raise({ kind, subject, at, message: `${subject}: ${reason}` });
}
