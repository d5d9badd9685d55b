/** The section `prompted`: cheaper models that are tried with the callers' own prompts. */
import { z } from 'zod';
import { serverKey, serverModel, serverPrice } from './config-model-server.ts';

export const promptedSchema = z
  .array(
    z.strictObject({
      name: z
        .string()
        .min(1)
        .optional()
        .describe('How reports call it. Default: `model`; two of one model need names of their own.'),
      baseUrl: z
        .url({ protocol: /^https?$/ })
        .describe(
          'An OpenAI-compatible server, with its version path: Ollama, llama-server, vLLM, a provider. Calls are sent to it.',
        ),
      model: serverModel,
      apiKey: serverKey,
      price: serverPrice('nothing for a server on this machine, else as in `prices` and the built-in table.'),
      examples: z
        .int()
        .min(0)
        .max(32)
        .default(0)
        .describe('It is also tried with this many retrieved examples of the task in its prompt.'),
      samples: z
        .int()
        .min(2)
        .max(16)
        .default(3)
        .describe(
          'Answers that are asked for where the server gives no log-probabilities: how many agree is the confidence.',
        ),
      timeoutMs: z.int().positive().default(60_000).describe('Longest wait for one answer.'),
      concurrency: z.int().positive().default(4).describe('Requests at once.'),
    }),
  )
  .superRefine((servers, context) => {
    const names = servers.map(({ name, model }) => name ?? model);
    names.forEach((name, i) => {
      if (names.indexOf(name) < i)
        context.addIssue({
          code: 'custom',
          path: [i, 'name'],
          message: `there are two of the name ${name}: give each one of its own`,
        });
    });
  })
  .default([])
  .describe(
    'Cheaper models that are tried with the callers’ own prompts, unchanged; see trainers.md. Held-back calls are sent to them, as they are stored.',
  );

export type PromptedServer = z.infer<typeof promptedSchema>[number];

/** How reports call it. */
export const nameOfServer = ({ name, model }: Pick<PromptedServer, 'name' | 'model'>): string =>
  name ?? model;
