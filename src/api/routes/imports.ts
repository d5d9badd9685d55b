/** Log files that are dropped on the page: received, imported, assessed. An operator's, and on record. */
import { createRoute, z } from '@hono/zod-openapi';
import { type AdminApp, principalFor, routes } from '../env.ts';
import { importListSchema, importSchema } from '../imports/schemas.ts';
import { importView } from '../imports/view.ts';
import { answers } from './common.ts';

const take = createRoute({
  method: 'post',
  path: '/imports',
  summary:
    'Imports a log file, the body as it is, and assesses the calls on record; needs the permission deploy',
  request: {
    query: z.object({
      name: z.string().min(1).max(200).default('a file').openapi({ description: 'The file’s name.' }),
    }),
    body: {
      content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } },
      required: true,
    },
  },
  responses: answers(importSchema, 'It was received; GET /imports says how far it is.'),
});

const list = createRoute({
  method: 'get',
  path: '/imports',
  summary:
    'Files that were uploaded since the program started, the newest first; needs the permission deploy',
  responses: answers(importListSchema, 'The imports.'),
});

export function importRoutes(): AdminApp {
  const app = routes();
  app.openapi(take, async (context) => {
    const principal = principalFor(context, 'deploy');
    const { uploads } = context.get('admin');
    const length = Number(context.req.header('content-length') ?? Number.NaN);
    const sent = {
      name: context.req.valid('query').name,
      body: context.req.raw.body,
      bytes: Number.isSafeInteger(length) ? length : null,
    };
    const upload = await uploads.take(sent, principal);
    return context.json(importView(upload), 200);
  });
  app.openapi(list, async (context) => {
    principalFor(context, 'deploy');
    return context.json({ imports: context.get('admin').uploads.list().map(importView) }, 200);
  });
  return app;
}
