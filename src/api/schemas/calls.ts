/** The calls on record, without their payloads, and why each was answered by whom. */
import { z } from '@hono/zod-openapi';
import { kindSchema, list, stageSchema, time } from './common.ts';
import { candidateSchema } from './specialists.ts';

export const callRowSchema = z
  .object({
    id: z.string(),
    at: time,
    taskId: z.string().nullable(),
    taskName: z.string().nullable(),
    servedBy: z.enum(['llm', 'specialist']),
    specialistId: z.string().nullable(),
    reason: z.string(),
    confidence: z.number().nullable(),
    model: z.string().nullable().describe('That the agent asked for; null where its day was erased.'),
    status: z.number().int(),
    stream: z.boolean(),
    latencyMs: z.number(),
    promptTokens: z.number().int(),
    completionTokens: z.number().int(),
    cachedTokens: z.number().int(),
  })
  .openapi('CallRow');

export const callListSchema = z
  .object({
    calls: list(callRowSchema),
    next: z.string().nullable().describe('Give it as `cursor` for the next page; null on the last one.'),
  })
  .openapi('CallList');

export const callSchema = z
  .object({
    call: callRowSchema,
    audit: z.enum(['agreed', 'differed']).nullable().describe('Null where it was not compared.'),
    feedback: z.number().int(),
    openings: list(z.object({ at: time, by: z.string() })).describe('Who opened its payload, newest first.'),
  })
  .openapi('Call');

export const explanationSchema = z
  .object({
    callId: z.string(),
    at: time,
    summary: z.string(),
    served: z.object({ by: z.string(), reason: z.string() }),
    task: z
      .object({ id: z.string(), name: z.string(), kind: kindSchema, sites: z.number().int() })
      .nullable(),
    deployment: z
      .object({
        id: z.string(),
        stage: stageSchema.describe('When the call came.'),
        specialistId: z.string(),
        version: z.number().int().nullable(),
        rung: z.string().nullable(),
      })
      .nullable(),
    steps: list(
      z.object({
        step: z.string(),
        outcome: z.enum(['passed', 'decided', 'not-reached']),
        detail: z.string(),
      }),
    ).describe('What the router asks, in its order; one of them decided.'),
    confidence: z
      .object({
        value: z.number(),
        threshold: z.number().nullable(),
        signals: list(z.object({ signal: z.string(), weight: z.number() })).describe(
          'What the confidence is made of, and how much each counts in its log odds.',
        ),
      })
      .nullable(),
    candidates: list(candidateSchema),
    wouldChange: list(z.string()).describe('What would have changed the decision.'),
    audit: z.enum(['agreed', 'differed']).nullable(),
  })
  .openapi('Explanation');

export type CallRow = z.infer<typeof callRowSchema>;
export type CallList = z.infer<typeof callListSchema>;
export type CallDetail = z.infer<typeof callSchema>;
export type Explanation = z.infer<typeof explanationSchema>;
