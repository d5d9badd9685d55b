/** Learning that the program does by itself: the jobs with their progress, and cancelling one. */
import { createRoute } from '@hono/zod-openapi';
import type { Job } from '../../core/job.ts';
import { cancelJob } from '../../learn/jobs/control.ts';
import { type AdminApp, principalFor, routes } from '../env.ts';
import { type JobView, jobListSchema, jobSchema } from '../schemas/control.ts';
import { answers, idParam } from './common.ts';

/** Jobs that are listed. */
const MAX_JOBS = 100;

const list = createRoute({
  method: 'get',
  path: '/jobs',
  summary: 'Learning jobs with their progress, cost and what came of them',
  responses: answers(jobListSchema, 'The jobs, newest first.'),
});

const cancel = createRoute({
  method: 'post',
  path: '/jobs/{id}/cancel',
  summary: 'Cancels a job; needs the permission deploy',
  request: { params: idParam },
  responses: answers(jobSchema, 'The job as it is then.'),
});

export function jobRoutes(): AdminApp {
  const app = routes();
  app.openapi(list, async (context) => {
    const { store, config } = context.get('admin').sources;
    const jobs = (await store.jobs({ limit: MAX_JOBS })).reverse().map(jobView);
    return context.json({ mode: config.learn.mode, jobs }, 200);
  });
  app.openapi(cancel, async (context) => {
    const { name } = principalFor(context, 'deploy');
    const { store, now } = context.get('admin').sources;
    const job = await cancelJob(store, context.req.valid('param').id, { by: name, now: now() });
    return context.json(jobView(job), 200);
  });
  return app;
}

function jobView({ progress, estimate, spent, result, ...job }: Job): JobView {
  const { id, trigger, reason, mode, state, createdAt, startedAt, endedAt, isCancelRequested, note } = job;
  const days = Object.values(spent);
  const sum = (name: 'cpuMinutes' | 'diskBytes' | 'dollars'): number =>
    days.reduce((total, day) => total + day[name], 0);
  return {
    id,
    trigger,
    reason,
    mode,
    state,
    createdAt,
    startedAt,
    endedAt,
    isCancelRequested,
    note,
    progress: progress && {
      step: progress.step,
      done: progress.done,
      total: progress.total,
      subject: progress.subject ?? null,
      leftMs: progress.leftMs ?? null,
      note: progress.note ?? null,
    },
    estimate: estimate && { ...estimate },
    spent: { cpuMinutes: sum('cpuMinutes'), diskBytes: sum('diskBytes'), dollars: sum('dollars') },
    tasks: (result?.tasks ?? []).map((task) => ({
      id: task.id,
      name: task.name,
      outcome: task.outcome,
      deployed: task.deployed,
      reason: task.reason,
    })),
  };
}
