/** The section `judge`: a model that says whether two texts that differ are equally good. */
import { z } from 'zod';
import { serverKey, serverModel, serverPrice } from './config-model-server.ts';

export const judgeSchema = z
  .strictObject({
    from: z
      .enum(['server', 'upstream'])
      .default('server')
      .describe(
        'Who judges. server: the model at `baseUrl`. upstream: a model of `upstream`, paid by its key; only with `agreed`.',
      ),
    baseUrl: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe(
        'An OpenAI-compatible server, with its version path. Requests and both answers to them are sent to it.',
      ),
    model: serverModel,
    apiKey: serverKey,
    agreed: z
      .boolean()
      .default(false)
      .describe(
        'Whether the upstream may be asked as a judge, at its price. Until then `assess` and `learn` say what it would cost, and nothing is spent.',
      ),
    price: serverPrice(
      'as in `prices` and the built-in table. Without a price it is not asked: the budget could not be kept. 0 and 0 for a model of your own.',
    ),
    dollarsADay: z
      .number()
      .min(0)
      .default(1)
      .describe('Money a day (UTC) for judging, in learning and in audits together.'),
    knownPairs: z
      .int()
      .min(40)
      .default(240)
      .describe(
        'Spoilt answers, by task, on which the judge’s own error is measured before it judges anything: the fewer, the more the bound has to allow for.',
      ),
    timeoutMs: z.int().positive().default(60_000).describe('Longest wait for one verdict.'),
    concurrency: z.int().positive().default(4).describe('Requests at once.'),
  })
  .superRefine((judge, context) => {
    const wrong = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (judge.from === 'server' && judge.baseUrl === undefined)
      wrong('baseUrl', 'give the server’s address, or write `from: upstream`');
    for (const name of ['baseUrl', 'apiKey'] as const)
      if (judge.from === 'upstream' && judge[name] !== undefined)
        wrong(name, 'the upstream’s own is used: leave it out');
  })
  // Without a description of its own: the docs then describe each of its settings.
  .optional();

export type JudgeSettings = NonNullable<z.infer<typeof judgeSchema>>;
