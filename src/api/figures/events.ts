/** The record of what happened, a page at a time, with a sentence for each. */
import type { FigureStore, ListedEvent } from '../../core/figures.ts';
import type { EventList, EventView } from '../schemas/events.ts';

export async function eventList(
  store: Pick<FigureStore, 'listEvents'>,
  asked: {
    readonly kind?: string | undefined;
    readonly subject?: string | undefined;
    readonly cursor?: number | undefined;
    readonly limit: number;
  },
): Promise<EventList> {
  const { kind, subject, cursor, limit } = asked;
  const found = await store.listEvents({
    ...(kind === undefined ? {} : { kind }),
    ...(subject === undefined ? {} : { subject }),
    ...(cursor === undefined ? {} : { before: cursor }),
    limit: limit + 1,
  });
  const page = found.slice(0, limit);
  return {
    events: page.map(eventView),
    next: found.length > limit ? String(page.at(-1)?.cursor ?? '') : null,
  };
}

export function eventView({ id, at, kind, subject, detail }: ListedEvent): EventView {
  return { id, at, kind, subject, detail: { ...detail }, text: textOf(kind, detail) };
}

function textOf(kind: string, detail: ListedEvent['detail']): string {
  const reason = typeof detail.reason === 'string' ? detail.reason : '';
  const by = typeof detail.by === 'string' ? ` by ${detail.by}` : '';
  switch (kind) {
    case 'deployment-moved':
      return `${String(detail.from)} → ${String(detail.to)}: ${reason}`;
    case 'payload-read':
      return `A payload was opened${by}.`;
    default:
      return reason === '' ? `${kind.replaceAll('-', ' ')}${by}` : `${reason}${by}`;
  }
}
