/** What the artefact of a prompted specialist says: which model at which server, and how it is asked. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { UnderstudyError } from '../core/errors.ts';
import { parseJson } from '../core/json.ts';
import type { Artefact } from '../core/specialist.ts';

/** What an artefact's file says. */
const artefactSchema = z.object({
  server: z.string(),
  baseUrl: z.string(),
  model: z.string(),
  /** Whether the server gives log-probabilities. */
  logprobs: z.boolean(),
  samples: z.int(),
  /** Retrieved examples in the prompt. */
  examples: z.int(),
  /** Longest answer, where the caller sets no limit. */
  maxTokens: z.int(),
});

export type Prompted = z.output<typeof artefactSchema>;

/** @throws UnderstudyError 'unavailable' where the file names no model. */
export async function readArtefact({ path }: Artefact): Promise<Prompted> {
  const found = artefactSchema.safeParse(parseJson(await readFile(path, 'utf8').catch(() => ''))).data;
  if (found) return found;
  throw new UnderstudyError('unavailable', `${path} names no model at a server.`, {
    hint: 'Learn again.',
    status: 503,
  });
}
