/** What a person decides about tasks, as the admin API takes and tells it. */
import { z } from '@hono/zod-openapi';
import { TASK_DECISIONS } from '../../core/task-decision.ts';
import { MAX_TASK_NAME } from '../../core/task-name.ts';
import { list, time } from './common.ts';

/** Of a task or a call site; of a task, its name too. */
const id = z.string().min(1).max(128);
const taskName = z.string().min(1).max(MAX_TASK_NAME);
const reason = z.string().max(400).default('').describe('Why, for the record.');

export const callSiteSchema = z
  .object({
    id: z.string(),
    turn: z.string().describe('What its calls answer: `user`, or the result of a tool as `tool:NAME`.'),
    tools: list(z.string()).describe('`*`: any.'),
    hasFormat: z.boolean().describe('Its calls ask for a response format.'),
    begins: z
      .string()
      .nullable()
      .describe('How the constant part of its prompt begins; null below the role of a reviewer.'),
  })
  .openapi('CallSite');

const action = z.enum(TASK_DECISIONS);

export const taskDecisionSchema = z
  .object({
    id: z.string(),
    action,
    at: time,
    by: z.string(),
    reason: z.string(),
    other: z.string().nullable().describe('Name of the other task of a merge or a split.'),
  })
  .openapi('TaskDecision');

export const decideSchema = z
  .discriminatedUnion('action', [
    z.object({ action: z.literal('rename'), name: taskName, reason }),
    z.object({ action: z.literal('merge'), from: id.describe('Id or name of what goes into it.'), reason }),
    z.object({
      action: z.literal('split'),
      sites: z.array(id).min(1).max(1000).describe('Ids of the call sites that become a task.'),
      name: taskName.optional().describe('Of the task that is made.'),
      reason,
    }),
    z.object({ action: z.literal('exclude'), reason }),
    z.object({ action: z.literal('include'), reason }),
  ])
  .openapi('TaskChange');

const named = z.object({ id: z.string(), name: z.string() });

export const decidedSchema = z
  .object({
    action,
    task: named,
    other: named.nullable().describe('What went into it, or was made.'),
    changed: z.boolean().describe('False where it was so already.'),
    suspended: list(z.string()).describe('Tasks whose specialists are to be proved anew.'),
    resumed: list(z.string()).describe('Tasks whose specialists begin again in shadow.'),
    inverse: z
      .object({ taskId: z.string(), change: decideSchema })
      .nullable()
      .describe('What to post to take it back.'),
    applied: z.boolean().describe('The gateway beside this has heard of it; others do within a second.'),
    text: z.string().describe('What was done.'),
  })
  .openapi('TaskDecided');

export type CallSiteView = z.infer<typeof callSiteSchema>;
export type TaskDecisionView = z.infer<typeof taskDecisionSchema>;
export type DecideBody = z.input<typeof decideSchema>;
export type DecidedView = z.infer<typeof decidedSchema>;
