/** What an operator may do with a task: stop it, let it go on, approve or reject what waits, roll back. All on record. */
import { createRoute, z } from '@hono/zod-openapi';
import type { Task } from '../../core/task.ts';
import { approve, reject, resume, stop, taskNamed, type Word } from '../../deploy/control.ts';
import { rollBack } from '../../deploy/roll-back.ts';
import { type AdminApp, type AdminOptions, actorOf, principalFor, routes } from '../env.ts';
import { CONTROL_ACTIONS, type ControlAction, controlledSchema, wordSchema } from '../schemas/control.ts';
import { answers, jsonBody } from './common.ts';

const control = createRoute({
  method: 'post',
  path: '/tasks/{id}/{action}',
  summary:
    'Stops a task, lets it go on, approves or rejects what waits, rolls back; needs the permission deploy',
  request: {
    params: z.object({ id: z.string().min(1).max(128), action: z.enum(CONTROL_ACTIONS) }),
    ...jsonBody(wordSchema),
  },
  responses: answers(controlledSchema, 'What was done.'),
});

type Store = AdminOptions['sources']['store'];
interface Done {
  readonly changed: boolean;
  readonly text: string;
}

const ACTIONS: Readonly<Record<ControlAction, (store: Store, task: Task, word: Word) => Promise<Done>>> = {
  stop: async (store, { id }, word) => ({
    changed: (await stop(store, id, word)).changed,
    text: 'Stopped: all its calls go to the LLM until it is let go on.',
  }),
  resume: async (store, { id }, word) => ({
    changed: (await resume(store, id, word)).changed,
    text: 'It goes on in the stage that it was in.',
  }),
  approve: async (store, { id }, word) => ({
    changed: (await approve(store, id, word)).changed,
    text: 'Approved: it begins in shadow.',
  }),
  reject: async (store, { id }, word) => ({
    changed: (await reject(store, id, word)).changed,
    text: 'Rejected: it is proposed again only when it was learnt from new calls.',
  }),
  'roll-back': async (store, task, word) => {
    const { to } = await rollBack(store, task, word);
    const text =
      to === null
        ? 'Rolled back: all its calls go to the LLM.'
        : 'Rolled back: the one before it serves again, in the stage that it was in.';
    return { changed: true, text };
  },
};

export function controlRoutes(): AdminApp {
  const app = routes();
  app.openapi(control, async (context) => {
    const principal = principalFor(context, 'deploy');
    const { id, action } = context.req.valid('param');
    const { reason } = context.req.valid('json');
    const { sources, apply } = context.get('admin');
    const { store } = sources;
    const word = { by: principal.name, reason, now: sources.now() };
    const task = await taskNamed(store, id);
    const done = await ACTIONS[action](store, task, word);
    if (done.changed)
      await store.appendTrail({
        at: word.now,
        actor: actorOf(principal),
        action: 'deployment-changed',
        subject: task.id,
        detail: { action, reason },
      });
    return context.json({ ...done, action, taskId: task.id, applied: await apply() }, 200);
  });
  return app;
}
