/** Payloads as the admin API gives them, to who may open them. */
import { z } from '@hono/zod-openapi';

const messageSchema = z
  .object({
    role: z.string(),
    content: z.string(),
    toolCalls: z.array(z.object({ name: z.string(), arguments: z.string() })).readonly(),
  })
  .openapi('Message');

export const payloadSchema = z
  .object({
    callId: z.string(),
    model: z.string(),
    messages: z.array(messageSchema).readonly(),
    tools: z.array(z.string()).readonly(),
    responseFormat: z.string().nullable(),
    answer: messageSchema.nullable().describe('Who served it.'),
    llmAnswer: messageSchema
      .nullable()
      .describe('The LLM’s answer to the same call, where a specialist served it and it was audited.'),
    correction: messageSchema.nullable(),
    correct: z.boolean().nullable().describe('What feedback says of the answer.'),
    redacted: z.string().describe('What a reader should know of how the texts were changed.'),
  })
  .openapi('Payload');

export const feedbackSchema = z
  .object({
    call_id: z.string().optional(),
    session_id: z.string().optional(),
    name: z.string().describe('`correction`, `correct`, or a metric’s name.'),
    value: z.unknown().describe('The corrected output, true or false, or a number.'),
    comment: z.string().optional(),
    id: z.string().optional(),
  })
  .openapi('Feedback');

export const addedSchema = z.object({ added: z.boolean() }).openapi('Added');

export type Payload = z.infer<typeof payloadSchema>;
export type PayloadMessage = z.infer<typeof messageSchema>;
