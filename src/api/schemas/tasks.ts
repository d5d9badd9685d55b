/** The tasks, and one of them with all that is known of it. */
import { z } from '@hono/zod-openapi';
import { errorShareSchema, kindSchema, list, rateSchema, share, stageSchema, time } from './common.ts';
import { callSiteSchema, taskDecisionSchema } from './decisions.ts';
import { deploymentSchema } from './deployments.ts';
import { overviewSchema } from './overview.ts';
import { candidateSchema, specialistSchema } from './specialists.ts';

export const taskRowSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: kindSchema,
    calls: z.number().int().describe('In the range.'),
    allCalls: z.number().int().describe('That it was found in.'),
    served: z.number().int(),
    escalated: z.number().int(),
    saved: z.number(),
    rung: z.string().nullable(),
    stage: stageSchema.nullable(),
    promised: share.nullable().describe('Coverage that the exam showed.'),
    coverage: share.nullable().describe('Of the latest calls that a live specialist decided on.'),
    servedError: errorShareSchema,
    isStopped: z.boolean().describe('A person has stopped it: its calls go to the LLM.'),
    isExcluded: z.boolean().describe('A person has excluded it: it is neither learnt nor served.'),
    why: z.string().describe('Why it stands where it does, in a sentence.'),
    spark: list(z.object({ at: time, calls: z.number().int(), served: z.number().int() })),
  })
  .openapi('TaskRow');

export const taskListSchema = z
  .object({ range: overviewSchema.shape.range, tasks: list(taskRowSchema) })
  .openapi('TaskList');

export const taskSchema = z
  .object({
    task: taskRowSchema,
    labels: list(z.string()).nullable().describe('Callers’ words: null below the role of a reviewer.'),
    sites: z.number().int().describe('Call sites whose calls belong to it.'),
    callSites: list(callSiteSchema),
    excluded: z
      .object({ at: time, by: z.string(), reason: z.string() })
      .nullable()
      .describe('A person wants it neither learnt nor served.'),
    decisions: list(taskDecisionSchema).describe('What people have said about it, the newest first.'),
    specialist: specialistSchema.nullable().describe('The one in service, else the newest.'),
    versions: list(
      z.object({
        id: z.string(),
        version: z.number().int(),
        rung: z.string(),
        createdAt: time,
        passed: z.boolean(),
        coverage: z.number(),
        servedError: rateSchema,
        stage: stageSchema.nullable(),
      }),
    ),
    candidates: list(candidateSchema).describe('As the newest learning run saw them.'),
    reasons: list(z.object({ reason: z.string(), calls: z.number().int() })).describe('Of its latest calls.'),
    mistakes: list(
      z.object({ callId: z.string(), at: time, stage: stageSchema, confidence: z.number() }),
    ).describe('Audited calls whose answers differed, the most confident first.'),
    deployment: deploymentSchema.nullable(),
    proposal: deploymentSchema.nullable().describe('What waits for a person’s approval.'),
    stopped: z
      .object({ at: time, by: z.string(), reason: z.string() })
      .nullable()
      .describe('Who has stopped it: all its calls go to the LLM.'),
  })
  .openapi('Task');

export type TaskRow = z.infer<typeof taskRowSchema>;
export type TaskList = z.infer<typeof taskListSchema>;
export type TaskDetail = z.infer<typeof taskSchema>;
