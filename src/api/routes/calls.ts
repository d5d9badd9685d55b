/** Calls: the explorer, one call, its explanation, its payload (on record), and feedback on it. */
import { createRoute, z } from '@hono/zod-openapi';
import { parseFeedback } from '../../core/feedback.ts';
import { newId } from '../../core/ids.ts';
import { type AdminApp, actorOf, principalFor, routes } from '../env.ts';
import { callDetail, callList, PAYLOAD_READ, payloadOf } from '../figures/calls.ts';
import { explained, storedCall } from '../figures/explained.ts';
import { REASONS } from '../reasons.ts';
import { callListSchema, callSchema, explanationSchema } from '../schemas/calls.ts';
import { addedSchema, feedbackSchema, payloadSchema } from '../schemas/payload.ts';
import { answers, idParam, jsonBody } from './common.ts';

const list = createRoute({
  method: 'get',
  path: '/calls',
  summary: 'Calls, newest first, a page at a time',
  request: {
    query: z.object({
      task: z.string().max(128).optional(),
      servedBy: z.enum(['llm', 'specialist']).optional(),
      reason: z.enum(REASONS).optional(),
      since: z.coerce.number().int().min(0).optional(),
      until: z.coerce.number().int().min(0).optional(),
      cursor: z.string().max(200).optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
  },
  responses: answers(callListSchema, 'A page of calls.'),
});

const one = createRoute({
  method: 'get',
  path: '/calls/{id}',
  summary: 'One call: figures, audit, who opened it',
  request: { params: idParam },
  responses: answers(callSchema, 'The call.'),
});

const explanation = createRoute({
  method: 'get',
  path: '/calls/{id}/explanation',
  summary: 'Why it was routed so, from the record alone',
  request: { params: idParam },
  responses: answers(explanationSchema, 'The explanation.'),
});

const payload = createRoute({
  method: 'post',
  path: '/calls/{id}/payload',
  summary: 'Opens the texts of a call; needs the role reviewer, and goes on record',
  request: { params: idParam },
  responses: answers(payloadSchema, 'The texts, as they are stored.'),
});

const feedback = createRoute({
  method: 'post',
  path: '/feedback',
  summary: 'Says something of a call: a correction, or whether it was correct; needs the role reviewer',
  request: jsonBody(feedbackSchema),
  responses: answers(addedSchema, 'Whether it was new.'),
});

export function callRoutes(): AdminApp {
  const app = routes();
  app.openapi(list, async (context) => {
    const { task, servedBy, reason, since, until, cursor, limit } = context.req.valid('query');
    const page = await callList(context.get('admin').sources, {
      ...(task === undefined ? {} : { taskId: task }),
      ...(servedBy === undefined ? {} : { servedBy }),
      ...(reason === undefined ? {} : { reason }),
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
      cursor,
      limit,
    });
    return context.json(page, 200);
  });
  app.openapi(one, async (context) =>
    context.json(await callDetail(context.get('admin').sources, context.req.valid('param').id), 200),
  );
  app.openapi(explanation, async (context) => {
    const { store, config } = context.get('admin').sources;
    const found = await explained(store, context.req.valid('param').id, config.serve.canaryShare);
    return context.json(found, 200);
  });
  app.openapi(payload, async (context) => {
    const principal = principalFor(context, 'read');
    const { sources } = context.get('admin');
    const { id } = context.req.valid('param');
    await storedCall(sources.store, id);
    const at = sources.now();
    // On record before it is read: an opening that is not recorded cannot happen.
    await sources.store.appendTrail({
      at,
      actor: actorOf(principal),
      action: 'payloads-opened',
      subject: id,
      detail: { role: principal.role },
    });
    await sources.store.addEvent({
      id: newId('event', at),
      at,
      kind: PAYLOAD_READ,
      subject: id,
      detail: { by: principal.name, role: principal.role },
    });
    return context.json(await payloadOf(sources, id), 200);
  });
  app.openapi(feedback, async (context) => {
    principalFor(context, 'feedback');
    // Read again from its text: its numbers must be what was written.
    const given = parseFeedback(await context.req.text());
    return context.json({ added: await context.get('admin').giveFeedback(given) }, 200);
  });
  return app;
}
