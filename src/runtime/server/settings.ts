/** What the parent and the model process know of each other; what it is told is checked on arrival. */
import { z } from 'zod';

/** The file descriptor by which the parent's pings come in. */
export const PULSE_FD = 4;

export const messageSchema = z.strictObject({
  token: z.string().min(16),
  threads: z.int().positive(),
  sequences: z.int().positive(),
  contextTokens: z.int().positive(),
  contexts: z.int().positive(),
  /** The base model's catalogue name and GGUF file; null where there are no weights. */
  language: z
    .strictObject({ name: z.string(), path: z.string(), copiesDir: z.string().optional() })
    .nullable(),
  /** Folder of the encoder; null where there are no weights. */
  encoderDir: z.string().nullable(),
});

export type Settings = z.infer<typeof messageSchema>;
