/**
 * The schemas that several pages of the admin API share. From the schemas of this folder the OpenAPI document, the handlers'
 * types and the dashboard's types are made. Times are epoch milliseconds, shares are in [0, 1], money is in US dollars.
 * Does not: hold payloads; those are in payload.ts, behind a role of their own.
 */
import { z } from '@hono/zod-openapi';

export const share = z.number().min(0).max(1);

export const time = z.number().int().describe('Epoch milliseconds.');

/** How far some work is. */
export const progressSchema = z.object({
  step: z.string(),
  subject: z.string().nullable(),
  done: z.number(),
  total: z.number(),
  leftMs: z.number().nullable(),
});

export const list = <T extends z.ZodType>(item: T) => z.array(item).readonly();

export const stageSchema = z.enum(['proposed', 'shadow', 'canary', 'live', 'suspended', 'retired']);

export const kindSchema = z.enum(['label', 'json', 'tool', 'text', 'mixed']);

export const rateSchema = z
  .object({
    hits: z.number(),
    n: z.number(),
    share: z.number(),
    low: z.number(),
    high: z.number(),
    effectiveN: z.number().optional(),
  })
  .describe('A share with its 95 % interval.')
  .openapi('Rate');

export const errorShareSchema = z
  .object({
    share: share.nullable().describe('Null where nothing has been audited.'),
    low: share.nullable(),
    high: share.nullable(),
    audits: z.number().int(),
    errors: z.number().int(),
    bound: share.nullable().describe('What the proof promises; null where nothing serves.'),
  })
  .describe(
    'Errors among served calls, as audits of canaries and live specialists show them, and the 95 % interval.',
  )
  .openapi('ErrorShare');

export const errorSchema = z
  .object({
    error: z.object({
      code: z.string(),
      message: z.string().describe('What happened.'),
      hint: z.string().describe('What to do about it.'),
      data: z.record(z.string(), z.unknown()),
    }),
  })
  .openapi('Error');

export type ErrorShare = z.infer<typeof errorShareSchema>;
export type ApiError = z.infer<typeof errorSchema>;
