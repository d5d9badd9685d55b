/** Who asks, and the first page's figures. */
import { createRoute } from '@hono/zod-openapi';
import { allows, PERMISSIONS } from '../../core/access.ts';
import { type AdminApp, routes } from '../env.ts';
import { overview } from '../figures/overview.ts';
import { rangeOf } from '../figures/sources.ts';
import { overviewSchema, sessionSchema, upstreamsSchema } from '../schemas/overview.ts';
import { answers, rangeQuery } from './common.ts';

const session = createRoute({
  method: 'get',
  path: '/session',
  summary: 'Who asks, with which role, and what is running',
  responses: answers(sessionSchema, 'The sender of the request.'),
});

const figures = createRoute({
  method: 'get',
  path: '/overview',
  summary: 'Share taken over, money, served error, latency over time, and what needs a person',
  request: { query: rangeQuery },
  responses: answers(overviewSchema, 'The figures of the range.'),
});

const upstreams = createRoute({
  method: 'get',
  path: '/upstreams',
  summary: 'How each of several upstream servers is: taking calls, or passed over',
  responses: answers(upstreamsSchema, 'Each server with its state.'),
});

export function overviewRoutes(): AdminApp {
  const app = routes();
  app.openapi(session, (context) => {
    const { name, role } = context.get('principal');
    const permissions = PERMISSIONS.filter((permission) => allows(role, permission));
    return context.json({ ...context.get('admin').about, name, role, permissions }, 200);
  });
  app.openapi(figures, async (context) => {
    const { sources } = context.get('admin');
    const asked = context.req.valid('query');
    const name = `overview ${JSON.stringify(asked)} ${await sources.store.planVersion()}`;
    const found = await sources.remembered.of(name, () => overview(sources, rangeOf(asked, sources.now())));
    return context.json(found, 200);
  });
  app.openapi(upstreams, (context) => {
    const { at = null, servers = [] } = context.get('admin').sources.upstreams() ?? {};
    return context.json({ at, upstreams: servers }, 200);
  });
  return app;
}
