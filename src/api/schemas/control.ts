/** What people do with what serves, and with jobs, as the admin API takes and tells it. */
import { z } from '@hono/zod-openapi';
import { list, progressSchema, time } from './common.ts';

export const CONTROL_ACTIONS = ['stop', 'resume', 'approve', 'reject', 'roll-back'] as const;

export const wordSchema = z
  .object({ reason: z.string().max(400).default('').describe('Why, for the record.') })
  .openapi('Word');

export const controlledSchema = z
  .object({
    action: z.enum(CONTROL_ACTIONS),
    taskId: z.string(),
    changed: z.boolean().describe('False where it was so already.'),
    applied: z.boolean().describe('The gateway beside this has heard of it; others do within a second.'),
    text: z.string().describe('What was done.'),
  })
  .openapi('Controlled');

const costSchema = z.object({ cpuMinutes: z.number(), diskBytes: z.number(), dollars: z.number() });

export const jobSchema = z
  .object({
    id: z.string(),
    trigger: z.string(),
    reason: z.string(),
    mode: z.string(),
    state: z.enum(['queued', 'running', 'done', 'failed', 'cancelled']),
    createdAt: time,
    startedAt: time.nullable(),
    endedAt: time.nullable(),
    isCancelRequested: z.boolean(),
    progress: progressSchema
      .extend({
        note: z.string().nullable().describe('A figure worth seeing: the loss, tokens a second.'),
      })
      .nullable(),
    estimate: costSchema
      .extend({ savedADay: z.number().nullable().describe('In dollars.'), basis: z.string() })
      .nullable(),
    spent: costSchema,
    tasks: list(
      z.object({
        id: z.string(),
        name: z.string(),
        outcome: z.enum(['passed', 'refused']),
        deployed: z.boolean(),
        reason: z.string(),
      }),
    ),
    note: z.string().nullable(),
  })
  .openapi('Job');

export const jobListSchema = z
  .object({ mode: z.string().describe('learn.mode of the configuration.'), jobs: list(jobSchema) })
  .openapi('JobList');

export type ControlAction = (typeof CONTROL_ACTIONS)[number];
export type ControlledView = z.infer<typeof controlledSchema>;
export type JobView = z.infer<typeof jobSchema>;
export type JobListView = z.infer<typeof jobListSchema>;
