/** Tasks: the list, and one with its evidence. */
import { createRoute } from '@hono/zod-openapi';
import { allows } from '../../core/access.ts';
import { type AdminApp, routes } from '../env.ts';
import { rangeOf } from '../figures/sources.ts';
import { taskDetail, taskList } from '../figures/tasks.ts';
import { taskListSchema, taskSchema } from '../schemas/tasks.ts';
import { answers, idParam, rangeQuery } from './common.ts';

const list = createRoute({
  method: 'get',
  path: '/tasks',
  summary: 'The tasks with their share, stage and error',
  request: { query: rangeQuery },
  responses: answers(taskListSchema, 'The tasks, those with most calls first.'),
});

const one = createRoute({
  method: 'get',
  path: '/tasks/{id}',
  summary: 'One task: evidence, risk and coverage, candidates, mistakes',
  request: { params: idParam, query: rangeQuery },
  responses: answers(taskSchema, 'The task.'),
});

export function taskRoutes(): AdminApp {
  const app = routes();
  app.openapi(list, async (context) => {
    const { sources } = context.get('admin');
    const asked = context.req.valid('query');
    const name = `tasks ${JSON.stringify(asked)} ${await sources.store.planVersion()}`;
    const found = await sources.remembered.of(name, () => taskList(sources, rangeOf(asked, sources.now())));
    return context.json(found, 200);
  });
  app.openapi(one, async (context) => {
    const { sources } = context.get('admin');
    const range = rangeOf(context.req.valid('query'), sources.now());
    const mayReadWords = allows(context.get('principal').role, 'read');
    return context.json(await taskDetail(sources, context.req.valid('param').id, range, mayReadWords), 200);
  });
  return app;
}
