/** An uploaded log file, its import and the assessment, as the admin API tells them. */
import { z } from '@hono/zod-openapi';
import { list, progressSchema } from '../schemas/common.ts';

const interval = z.object({ mean: z.number(), low: z.number(), high: z.number() });

export const importSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    bytes: z.number().int(),
    state: z.enum(['importing', 'assessing', 'done', 'failed']),
    progress: progressSchema.nullable(),
    report: z
      .object({
        formats: list(z.string()),
        calls: z.number().int().describe('That the store did not have.'),
        already: z.number().int(),
        untimed: z.number().int(),
        skipped: list(
          z.object({ reason: z.string(), records: z.number().int(), lines: list(z.number().int()) }),
        ).describe('What was left out, by reason, with the first lines; most first.'),
      })
      .nullable(),
    assessment: z
      .object({
        calls: z.number().int().describe('Calls on record, earlier ones included.'),
        usableCalls: z.number().int(),
        epsilon: z.number(),
        coverage: interval.describe('Share of all calls that specialists can be expected to serve.'),
        tasks: list(
          z.object({
            id: z.string(),
            name: z.string(),
            kind: z.string(),
            calls: z.number().int(),
            rung: z.string().nullable(),
            expected: interval.nullable().describe('Share of its calls at the bound; null where nothing is.'),
            moreCalls: z.number().int().nullable(),
            why: z.string(),
          }),
        ),
      })
      .nullable(),
    error: z.object({ message: z.string(), hint: z.string() }).nullable(),
  })
  .openapi('Import');

export const importListSchema = z.object({ imports: list(importSchema) }).openapi('ImportList');

export type ImportView = z.infer<typeof importSchema>;
export type ImportListView = z.infer<typeof importListSchema>;
