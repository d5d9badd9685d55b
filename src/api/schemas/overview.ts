/** Who is signed in, the providers, and the figures of all tasks together. */
import { z } from '@hono/zod-openapi';
import { PERMISSIONS, ROLES } from '../../core/access.ts';
import { errorShareSchema, list, time } from './common.ts';

const roleSchema = z.enum(ROLES);

export const sessionSchema = z
  .object({
    name: z.string().describe('As it goes on record.'),
    role: roleSchema,
    permissions: list(z.enum(PERMISSIONS)).describe('What the role may do.'),
    version: z.string(),
    upstream: z.string(),
    gateway: z.string(),
  })
  .openapi('Session');

export const upstreamsSchema = z
  .object({
    at: time.nullable().describe('When they were so, at most half a minute ago; null where nothing tells.'),
    upstreams: list(
      z.object({
        name: z.string(),
        for: z.enum(['openai', 'anthropic']).describe('Whose calls it takes.'),
        state: z
          .enum(['closed', 'open', 'half-open'])
          .describe('open: passed over while another can be asked; half-open: one call finds out.'),
        since: time.describe('The last change of state.'),
        failures: z.number().int().describe('In a row.'),
        inFlight: z.number().int(),
        waitsUntil: time.nullable().describe('Until when it last asked a caller to be left alone.'),
      }),
    ).describe('Empty where no gateway runs, or it has one plain server for each API.'),
  })
  .openapi('Upstreams');

export const attentionSchema = z
  .object({
    id: z.string(),
    severity: z.enum(['act', 'look', 'know']),
    title: z.string(),
    detail: z.string(),
    advice: z.string().describe('What a person can do.'),
    taskId: z.string().nullable(),
    at: time.nullable(),
  })
  .openapi('Attention');

const quantilesSchema = z.object({ p50: z.number(), p95: z.number(), calls: z.number().int() });

const pointSchema = z.object({
  at: time,
  calls: z.number().int(),
  served: z.number().int(),
  escalated: z.number().int(),
  spent: z.number(),
  saved: z.number().describe('Before the machine and learning.'),
  specialistP50: z.number().nullable(),
  llmP50: z.number().nullable(),
  audits: z.number().int(),
  auditErrors: z.number().int(),
});

export const overviewSchema = z
  .object({
    range: z.object({ since: time, until: time, bucketMs: z.number().int() }),
    calls: z.number().int().describe('Calls of agents; answers to audits are not among them.'),
    served: z.number().int(),
    escalated: z.number().int().describe('Recognised calls that were handed to the LLM after all.'),
    money: z.object({
      spent: z.number().describe('At the provider, audits included.'),
      avoided: z.number().describe('What the served calls would have cost.'),
      audits: z.number(),
      machine: z.number().describe('This machine and its energy; 0 for a range that has ended.'),
      learning: z.number().describe('Processor time and dollars of learning; 0 for a range that has ended.'),
      others: z
        .number()
        .describe(
          'Paid to others by the request: a judge, models at providers; 0 for a range that has ended.',
        ),
      saved: z.number().describe('Net: what was avoided, less audits, machine, learning and others.'),
      unpriced: list(z.string()).describe('Models without a price: their calls count as $0.'),
      basis: z.string(),
    }),
    servedError: errorShareSchema.describe('Of all that was served in the range.'),
    servingError: errorShareSchema.describe('Of what the specialists that serve now have served in it.'),
    withdrawn: z.number().int().describe('Specialists that were taken out of service in the range.'),
    latency: z.object({
      specialist: quantilesSchema.nullable(),
      llm: quantilesSchema.nullable(),
      escalated: quantilesSchema.nullable(),
    }),
    series: list(pointSchema),
    attention: list(attentionSchema),
    stages: z.record(z.string(), z.number().int()).describe('Tasks by the stage of what serves them.'),
  })
  .openapi('Overview');

export type Session = z.infer<typeof sessionSchema>;
export type Attention = z.infer<typeof attentionSchema>;
export type Overview = z.infer<typeof overviewSchema>;
