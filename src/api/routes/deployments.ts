/** Deployments: what serves and served, and the audits of one. */
import { createRoute } from '@hono/zod-openapi';
import { type AdminApp, routes } from '../env.ts';
import { auditList, deploymentList } from '../figures/deployments.ts';
import { auditListSchema, deploymentListSchema } from '../schemas/deployments.ts';
import { answers, idParam } from './common.ts';

const list = createRoute({
  method: 'get',
  path: '/deployments',
  summary: 'Deployments with their stages and the test that ended each',
  responses: answers(deploymentListSchema, 'The deployments, newest first.'),
});

const audits = createRoute({
  method: 'get',
  path: '/deployments/{id}/audits',
  summary: 'The audits of a deployment as a sequence against its bound',
  request: { params: idParam },
  responses: answers(auditListSchema, 'The audits.'),
});

export function deploymentRoutes(): AdminApp {
  const app = routes();
  app.openapi(list, async (context) => context.json(await deploymentList(context.get('admin').sources), 200));
  app.openapi(audits, async (context) =>
    context.json(await auditList(context.get('admin').sources, context.req.valid('param').id), 200),
  );
  return app;
}
