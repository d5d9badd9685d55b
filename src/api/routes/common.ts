/** What the routes share: parameters, and how answers are described. */
import { z } from '@hono/zod-openapi';
import { errorSchema } from '../schemas/common.ts';

export const rangeQuery = z.object({
  since: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .openapi({ description: 'Epoch milliseconds, included. Default: seven days ago.' }),
  until: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .openapi({ description: 'Epoch milliseconds, excluded. Default: now.' }),
  bucketMs: z.coerce.number().int().min(60_000).optional().openapi({
    description: 'Length of a bucket of the series, counted from `since`. Default: suits the range.',
  }),
});

export const idParam = z.object({ id: z.string().min(1).max(128) });

/** Answers of a route: its own, and errors. */
export const answers = <T extends z.ZodType>(schema: T, description: string) => ({
  200: { content: { 'application/json': { schema } }, description },
  default: {
    content: { 'application/json': { schema: errorSchema } },
    description: 'What went wrong, and what to do.',
  },
});

export const jsonBody = <T extends z.ZodType>(schema: T) => ({
  body: { content: { 'application/json': { schema } }, required: true },
});
