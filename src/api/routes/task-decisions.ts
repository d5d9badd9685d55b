/** What an operator may decide about a task: rename it, merge it, split it, exclude it, include it. All on record. */
import { createRoute } from '@hono/zod-openapi';
import { decideOnTask } from '../../learn/task-decisions.ts';
import { decidedText } from '../../report/tasks.ts';
import { type AdminApp, actorOf, principalFor, routes } from '../env.ts';
import { decidedSchema, decideSchema } from '../schemas/decisions.ts';
import { answers, idParam, jsonBody } from './common.ts';

const decide = createRoute({
  method: 'post',
  path: '/tasks/{id}/decisions',
  summary:
    'Renames, merges, splits, excludes or includes a task; learning runs respect it. Needs the permission deploy',
  request: { params: idParam, ...jsonBody(decideSchema) },
  responses: answers(decidedSchema, 'What was done, and what takes it back.'),
});

export function taskDecisionRoutes(): AdminApp {
  const app = routes();
  app.openapi(decide, async (context) => {
    const principal = principalFor(context, 'deploy');
    const { id } = context.req.valid('param');
    const { reason, ...change } = context.req.valid('json');
    const { sources, apply } = context.get('admin');
    const decided = await decideOnTask(
      sources.store,
      { ...change, task: id },
      { by: principal.name, reason, now: sources.now(), actor: actorOf(principal) },
    );
    const { kind: _, inverse, ...done } = decided;
    const { task: taskId = '', ...back } = inverse ?? {};
    const applied = await apply();
    // A merge of very many call sites cannot be said in one request.
    const undo = decideSchema.safeParse({ ...back, reason: '' });
    return context.json(
      {
        ...done,
        inverse: inverse && undo.success ? { taskId, change: undo.data } : null,
        applied,
        text: decidedText(decided),
      },
      200,
    );
  });
  return app;
}
