/** What happened, in sentences. */
import { z } from '@hono/zod-openapi';
import { list, time } from './common.ts';

export const eventSchema = z
  .object({
    id: z.string(),
    at: time,
    kind: z.string(),
    subject: z.string(),
    text: z.string().describe('What happened, in a sentence.'),
    detail: z.record(z.string(), z.unknown()),
  })
  .openapi('Event');

export const eventListSchema = z
  .object({ events: list(eventSchema), next: z.string().nullable() })
  .openapi('EventList');

export type EventView = z.infer<typeof eventSchema>;
export type EventList = z.infer<typeof eventListSchema>;
