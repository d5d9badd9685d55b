/** What is replaced before anything is stored. */
import { z } from 'zod';
import { ENTITY_KINDS } from './entity.ts';

export const redactionSchema = z
  .strictObject({
    kinds: z
      .partialRecord(z.enum(ENTITY_KINDS), z.boolean())
      .default({})
      .describe(
        'Kinds of personal data to redact or to leave, as in `person: false`. All but `organisation` are on.',
      ),
    keep: z
      .array(z.string().min(1).max(400))
      .default([])
      .describe(
        'Values that are never replaced, written as they stand in the texts: brands, public addresses.',
      ),
    recognisers: z
      .array(
        z.strictObject({
          name: z.string().min(1).describe('What it finds; for messages.'),
          pattern: z
            .string()
            .min(1)
            .max(200)
            .describe('A regular expression (JavaScript, flag u) for the whole value, up to 512 characters.'),
          kind: z.enum(ENTITY_KINDS).describe('The kind that a match is of.'),
        }),
      )
      .default([])
      .describe('Own recognisers, which come before the built-in ones.'),
    finder: z
      .enum(['auto', 'off'])
      .default('auto')
      .describe('Whether a token classifier finds people and addresses; without it, obvious names alone go.'),
  })
  .prefault({});
