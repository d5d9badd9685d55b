/**
 * Settings for more than one server behind an API: which there are, and what is tried again. Nothing of it is on by itself.
 * Does not: choose a server, or try again (gateway/several).
 */
import { z } from 'zod';

/** The names of the servers of `upstream` and `upstreams.anthropic`. */
export const MAIN = { openai: 'main', anthropic: 'main-anthropic' } as const;

const url = z.url({ protocol: /^https?$/ });

/** Names of models by the callers' names for them, or `same`. */
export const modelsSchema = z
  .union([z.literal('same'), z.record(z.string().min(1), z.string().min(1))])
  .describe(
    'The server’s name for each model that callers ask for; a name that ends with `*` stands for all that begin so. Calls for other models do not go there. `same`: all names mean the same there.',
  );

const serverSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z\d-]{0,31}$/, 'letters, digits and hyphens, 32 at most')
    .refine((name) => !Object.values<string>(MAIN).includes(name), 'this name has the server of `upstream`')
    .describe('How metrics, events and answers call it.'),
  for: z
    .enum(['openai', 'anthropic'])
    .default('openai')
    .describe('Whose calls it takes: those that `upstream` takes, or those of Anthropic’s API.'),
  api: z
    .enum(['own', 'openai-chat'])
    .default('own')
    .describe(
      'What it speaks: the API of the calls that it takes, or OpenAI Chat Completions, into which Anthropic’s calls are translated.',
    ),
  baseUrl: url.describe('Its address, with its version path.'),
  apiKey: z
    .string()
    .min(1)
    .optional()
    .describe('Its key. It gets no other: what a caller sends is for `upstream` alone. Default: none.'),
  models: modelsSchema,
  weight: z
    .number()
    .positive()
    .default(1)
    .describe('Its part of the conversations of its priority; `upstream` has 1.'),
  priority: z
    .int()
    .min(1)
    .default(2)
    .describe(
      '1: it shares calls with `upstream`. Larger: it is asked where no server of a smaller number can be.',
    ),
  maxConnections: z
    .int()
    .positive()
    .optional()
    .describe('Most connections to it at once. Default: `upstreams.maxConnections`.'),
});

export const serversSchema = z
  .array(serverSchema)
  .superRefine((servers, context) => {
    servers.forEach(({ name, for: api, api: spoken }, i) => {
      if (servers.findIndex((other) => other.name === name) < i)
        context.addIssue({ code: 'custom', path: [i, 'name'], message: `there are two of the name ${name}` });
      if (api === 'openai' && spoken === 'openai-chat')
        context.addIssue({
          code: 'custom',
          path: [i, 'api'],
          message: 'only Anthropic’s calls are translated: use `own`',
        });
    });
  })
  .default([])
  .describe('More servers, beside `upstream` and `upstreams.anthropic`; see upstreams.md.');

export const retrySchema = z
  .strictObject({
    attempts: z
      .int()
      .min(1)
      .max(10)
      .default(1)
      .describe(
        'How often a call is sent at most, to any server, where that is safe. 1: once; the caller’s own client tries again.',
      ),
    backoffMs: z
      .int()
      .min(0)
      .default(500)
      .describe(
        'Longest wait before the second attempt at the same server, twice as long before each further one; a part of it is drawn. What the server asks for (`retry-after`) comes first.',
      ),
    attemptTimeoutMs: z
      .int()
      .positive()
      .optional()
      .describe('Longest wait of one attempt for the head of an answer. Default: `gateway.timeoutMs`.'),
    timeoutMs: z
      .int()
      .positive()
      .optional()
      .describe(
        'Longest time of all attempts together until an answer begins; shorter where the caller’s client says that it waits less (`x-stainless-timeout`). Default: `gateway.timeoutMs`.',
      ),
  })
  .prefault({});

export const breakerSchema = z
  .strictObject({
    failures: z
      .int()
      .positive()
      .default(5)
      .describe(
        'Failures in a row (no answer, a broken one, status 500 and above, a stream that ends with an error event) after which a server is passed over while another can be asked.',
      ),
    openMs: z
      .int()
      .positive()
      .default(10_000)
      .describe(
        'How long, until one call is let through to see; after each that fails twice as long, up to 5 minutes.',
      ),
  })
  .prefault({});

export type RetrySettings = z.infer<typeof retrySchema>;
export type BreakerSettings = z.infer<typeof breakerSchema>;

/** One server of an API, as it is asked. */
export interface ServerSettings {
  readonly name: string;
  readonly baseUrl: string;
  /** Whether calls are translated to Chat Completions on the way there. */
  readonly isTranslated: boolean;
  /** That of `upstream`, or `upstreams.anthropic`: it gets what callers send, and whatever is no call. */
  readonly isMain: boolean;
  readonly apiKey: string | null;
  readonly models: z.infer<typeof modelsSchema>;
  readonly weight: number;
  readonly priority: number;
  readonly maxConnections?: number | undefined;
}

/** The name of a model at a server; null where calls for it do not go there. The longest of the names that fit counts. */
export function modelAt(models: ServerSettings['models'], asked: string): string | null {
  if (models === 'same') return asked;
  if (Object.hasOwn(models, asked)) return models[asked] ?? null;
  let best: readonly [length: number, name: string] | null = null;
  for (const [pattern, name] of Object.entries(models)) {
    if (!pattern.endsWith('*') || !asked.startsWith(pattern.slice(0, -1))) continue;
    if (best === null || pattern.length > best[0]) best = [pattern.length, name];
  }
  return best?.[1] ?? null;
}
