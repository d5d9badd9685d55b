/** What happened: a page at a time, and as it happens (server-sent events). */
import { createRoute, z } from '@hono/zod-openapi';
import { streamSSE } from 'hono/streaming';
import { type AdminApp, principalFor, routes } from '../env.ts';
import { eventList, eventView } from '../figures/events.ts';
import { eventListSchema } from '../schemas/events.ts';
import { answers } from './common.ts';

/** How often the store is looked at for what is new, milliseconds. */
const LOOK_MS = 1000;
/** Looks between two signs of life. */
const BEAT = 15;
const MAX_AT_ONCE = 100;

const list = createRoute({
  method: 'get',
  path: '/events',
  summary: 'What happened, newest first, a page at a time',
  request: {
    query: z.object({
      kind: z.string().max(64).optional(),
      subject: z.string().max(128).optional(),
      cursor: z.coerce.number().int().min(0).optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
  },
  responses: answers(eventListSchema, 'A page of events.'),
});

const stream = createRoute({
  method: 'get',
  path: '/events/stream',
  summary: 'Events as they happen, as server-sent events',
  description:
    '`event` has an event; `changed` says that calls, tasks or deployments are others than before.',
  responses: {
    200: {
      content: { 'text/event-stream': { schema: z.string() } },
      description: 'A stream without an end.',
    },
  },
});

export function eventRoutes(): AdminApp {
  const app = routes();
  app.openapi(list, async (context) =>
    context.json(await eventList(context.get('admin').sources.store, context.req.valid('query')), 200),
  );
  app.openapi(stream, (context) => {
    const { store } = context.get('admin').sources;
    return streamSSE(context, async (out) => {
      let after = (await store.listEvents({ limit: 1 }))[0]?.cursor ?? 0;
      let state = '';
      for (let looks = 0; !out.aborted; looks++) {
        // A key may be revoked meanwhile.
        try {
          principalFor(context, 'view');
        } catch {
          return;
        }
        const [newest] = await store.listCalls({ limit: 1 });
        const now = `${await store.planVersion()} ${newest?.id ?? ''}`;
        const events = await store.listEvents({ after, limit: MAX_AT_ONCE });
        after = events[0]?.cursor ?? after;
        for (const event of events.toReversed())
          await out.writeSSE({
            event: 'event',
            id: String(event.cursor),
            data: JSON.stringify(eventView(event)),
          });
        if (state !== '' && (now !== state || events.length > 0))
          await out.writeSSE({ event: 'changed', data: now });
        else if (looks % BEAT === 0) await out.writeSSE({ event: 'alive', data: '' });
        state = now;
        await out.sleep(LOOK_MS);
      }
    });
  });
  return app;
}
