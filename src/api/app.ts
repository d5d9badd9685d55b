/**
 * The admin API as one hono app: guarded, authorised, described by an OpenAPI document that is made from its schemas. Every
 * figure of the dashboard is here.
 * Does not: listen (server.ts), compute figures (figures/), or serve the page's files (files.ts).
 */
import { UnderstudyError } from '../core/errors.ts';
import { type AdminApp, type AdminOptions, principalFor, routes } from './env.ts';
import { errorResponse } from './errors.ts';
import { guard } from './guard.ts';
import { callRoutes } from './routes/calls.ts';
import { controlRoutes } from './routes/control.ts';
import { decideRoutes } from './routes/decide.ts';
import { deploymentRoutes } from './routes/deployments.ts';
import { eventRoutes } from './routes/events.ts';
import { importRoutes } from './routes/imports.ts';
import { jobRoutes } from './routes/jobs.ts';
import { overviewRoutes } from './routes/overview.ts';
import { taskDecisionRoutes } from './routes/task-decisions.ts';
import { taskRoutes } from './routes/tasks.ts';

export const API = '/api/v1';

export function adminApp(options: AdminOptions): AdminApp {
  const app = routes();
  app.onError((error, { req }) => errorResponse(error, options.log, req.raw));
  // Before the guard of the API: its form is sent as forms are, and its link is its leave.
  decideRoutes(app, options);
  app.use('*', async (context, next) => {
    guard(context.req.raw);
    await next();
  });
  app.use(`${API}/*`, async (context, next) => {
    context.set('admin', options);
    // Numbers alone; what needs more asks for it by itself.
    context.set('principal', principalFor(context, 'view'));
    await next();
    // Figures are of now, and nobody else's.
    context.header('cache-control', 'no-store');
  });
  app.route(API, described());
  app.get(`${API}/openapi.json`, (context) => context.json(openApiDocument()));
  app.all(`${API}/*`, (context) => {
    throw new UnderstudyError('not-found', `There is no ${context.req.method} ${context.req.path}.`, {
      hint: 'GET /api/v1/openapi.json lists what there is.',
      status: 404,
    });
  });
  return app;
}

/** The routes that the document describes. */
function described(): AdminApp {
  const app = routes();
  for (const group of [
    overviewRoutes,
    taskRoutes,
    taskDecisionRoutes,
    controlRoutes,
    deploymentRoutes,
    callRoutes,
    jobRoutes,
    importRoutes,
    eventRoutes,
  ])
    app.route('/', group());
  return app;
}

/** The description of the API, made from the schemas of its routes. */
export function openApiDocument(): ReturnType<AdminApp['getOpenAPI31Document']> {
  const app = routes();
  app.route(API, described());
  app.openAPIRegistry.registerComponent('securitySchemes', 'key', {
    type: 'apiKey',
    in: 'header',
    name: 'x-understudy-key',
    description: 'An access key; not needed where there are none (docs/access.md).',
  });
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Understudy admin API',
      version: '1',
      description:
        'Every figure of the dashboard. Errors are `{error: {code, message, hint, data}}`. Lists are read a page at a time with `cursor`.',
      license: { name: 'Apache-2.0' },
    },
    security: [{ key: [] }],
  });
}
