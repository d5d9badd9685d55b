/**
 * The configuration: its schema, defaults and loading. Every setting is described here, and the docs are made
 * from these descriptions.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { accessSchema, tlsSchema } from './config-access.ts';
import { adminSchema } from './config-admin.ts';
import { costsSchema } from './config-costs.ts';
import { judgeSchema } from './config-judge.ts';
import { learnSchema } from './config-learn.ts';
import { promptedSchema } from './config-prompted.ts';
import { retentionSchema } from './config-retention.ts';
import { alertsSchema, telemetrySchema } from './config-telemetry.ts';
import { upstreamsSchema, withoutKeys } from './config-upstreams.ts';
import { ENTITY_KINDS } from './entity.ts';
import { POLICIES, whyNoPolicy } from './equality-policy.ts';
import { messageOf, UnderstudyError } from './errors.ts';

export const configSchema = z
  .strictObject({
    dataDir: z
      .string()
      .default('.understudy')
      .describe('Folder for the store, the keys, the weights and the adapters.'),
    gateway: z
      .strictObject({
        host: z.string().default('127.0.0.1').describe('Address to listen on. Default: loopback.'),
        port: z.int().min(0).max(65535).default(4000).describe('Port to listen on; 0 picks a free one.'),
        maxBodyBytes: z
          .int()
          .positive()
          .default(32 * 1024 * 1024)
          .describe('Largest request body that is read.'),
        maxBufferedBytes: z
          .int()
          .positive()
          .default(256 * 1024 * 1024)
          .describe(
            'Memory for all request bodies and the copies of responses that are to be recorded. Over it, large bodies (from 256 KB) wait to be read, small ones never do, and those up to a 64th of it have an eighth of it to themselves; copies give way to bodies, and a call without its copy is relayed and counted as lost.',
          ),
        timeoutMs: z
          .int()
          .positive()
          .default(600_000)
          .describe('Longest wait for the upstream to begin its answer, and between two pieces of it.'),
        tls: tlsSchema,
        trustProxy: z
          .boolean()
          .default(false)
          .describe(
            'Whether a proxy in front of the gateway ends TLS; needed beyond loopback without `tls`.',
          ),
      })
      .prefault({}),
    access: accessSchema,
    admin: adminSchema,
    telemetry: telemetrySchema,
    alerts: alertsSchema,
    upstream: z
      .strictObject({
        baseUrl: z
          .url({ protocol: /^https?$/ })
          .default('https://api.openai.com/v1')
          .describe(
            'The LLM provider, with its version path. Anthropic’s API may have another: `upstreams`.',
          ),
        apiKey: z
          .string()
          .min(1)
          .optional()
          .describe(
            'The provider’s key, for callers that send an access key of Understudy instead; best filled in from the environment.',
          ),
      })
      .prefault({}),
    upstreams: upstreamsSchema,
    gate: z
      .strictObject({
        epsilon: z
          .number()
          .gt(0)
          .lt(1)
          .default(0.02)
          .describe('Largest error share among the calls a specialist serves.'),
        delta: z
          .number()
          .gt(0)
          .lt(1)
          .default(0.05)
          .describe(
            'Chance that a bound given by the gate does not hold, over all tries of what deltaFor names.',
          ),
        deltaFor: z
          .enum(['task', 'all-tasks'])
          .default('task')
          .describe(
            'What delta is spent over: the tries of each task by itself, or those of all tasks together, so that with chance 1 − delta no specialist at all breaks its bound.',
          ),
        truth: z
          .enum(['partial', 'complete'])
          .default('partial')
          .describe(
            'Whether every output is looked at by somebody who corrects each wrong one (feedback.md). Only then (complete) held-back calls are judged by corrections; else by the LLM’s answers, and the truth is reported beside it.',
          ),
      })
      .prefault({}),
    serve: z
      .strictObject({
        timeoutMs: z
          .int()
          .positive()
          .default(10_000)
          .describe('Longest wait for a specialist before the LLM is asked.'),
        threads: z
          .int()
          .positive()
          .optional()
          .describe('Threads for small models, which run at a low priority. Default: as many as cores.'),
        auditShare: z
          .number()
          .min(0)
          .max(1)
          .default(0.05)
          .describe(
            'Share of served calls that the LLM answers too, to check, in ordinary times: half of it when all is long quiet, more while a specialist is new and after errors. 0: none.',
          ),
        auditsADay: z
          .int()
          .min(0)
          .default(20)
          .describe(
            'Least number of a specialist’s served calls that are audited a day, or all of them where there are fewer: where calls are few, a share of them takes weeks to show a change.',
          ),
        settleAudits: z
          .int()
          .min(0)
          .default(0)
          .describe(
            'How often a day the LLM may be asked once more where its answer and a specialist’s differ, so that its own slips do not count as errors. Each costs a call with the caller’s key.',
          ),
        canaryShare: z
          .number()
          .min(0)
          .max(1)
          .default(0.25)
          .describe('Share of calls served while a specialist is a canary. With 0 it stays one.'),
        stepAudits: z
          .int()
          .positive()
          .default(30)
          .describe(
            'Least comparisons in a stage before the next, whatever the evidence; of a canary those of answers that it gave.',
          ),
        shadowMargin: z
          .number()
          .gt(1)
          .default(3)
          .describe(
            'A specialist leaves shadow when its error is shown to be below this many times the gate’s epsilon.',
          ),
        canaryMargin: z
          .number()
          .gt(1)
          .default(2)
          .describe(
            'A canary goes live when its error is shown to be below this many times the gate’s epsilon.',
          ),
      })
      .prefault({}),
    train: z
      .strictObject({
        threads: z.int().positive().optional().describe('Threads for training. Default: all cores.'),
        memoryGb: z
          .number()
          .positive()
          .optional()
          .describe(
            'Most memory that training a language model may take, in GB. Default: half of the machine’s.',
          ),
        base: z
          .string()
          .default('smollm2-135m-instruct-q4_1')
          .describe(
            'Base model of language-model specialists, by its name in the catalogue (base-models.md). To name one is to accept its licence.',
          ),
        encoder: z
          .string()
          .default('all-minilm-l6-v2')
          .describe(
            'Encoder, by its name in the catalogue; `multilingual-e5-small-q4` for other languages than English. Specialists that were trained on another are not served.',
          ),
        minutes: z
          .number()
          .positive()
          .default(60)
          .describe(
            'Time budget of one learning run for trainings that take minutes: the encoder, language models.',
          ),
        seed: z.int().default(1).describe('Seed of everything that draws at random.'),
        peft: z
          .strictObject({
            python: z
              .string()
              .min(1)
              .describe('A Python with PyTorch and PEFT, which then trains the LoRA rung; see trainers.md.'),
            method: z
              .enum(['lora', 'qlora'])
              .default('lora')
              .describe('qlora holds the base in 4 bits while training; it needs a GPU and `model`.'),
            model: z
              .string()
              .optional()
              .describe(
                'Hugging Face folder of the base model, to train on instead of the file that serves.',
              ),
            device: z.enum(['cpu', 'cuda']).optional().describe('Default: a GPU where there is one.'),
          })
          .optional(),
        hosted: z
          .strictObject({
            baseUrl: z
              .url({ protocol: /^https?$/ })
              .describe('A fine-tuning provider, with its version path. Examples and calls are sent to it.'),
            model: z.string().min(1).describe('The provider’s name of the model to fine-tune.'),
            apiKey: z.string().min(1).describe('Key for the provider; best filled in from the environment.'),
            api: z
              .enum(['openai', 'together'])
              .default('openai')
              .describe('Whose fine-tuning API it keeps; see trainers.md.'),
          })
          .optional(),
      })
      .prefault({}),
    learn: learnSchema,
    costs: costsSchema,
    prompted: promptedSchema,
    judge: judgeSchema,
    equality: z
      .record(
        z.string(),
        z.union(
          [
            z.enum(POLICIES),
            z.strictObject({ absolute: z.number().positive() }),
            z.strictObject({ relative: z.number().gt(0).lt(1) }),
          ],
          {
            error: `no policy: it is one of ${POLICIES.join(', ')}, { absolute: 0.01 } or { relative: 0.01 }`,
          },
        ),
      )
      .superRefine((policies, context) => {
        for (const [path, policy] of Object.entries(policies)) {
          const message = whyNoPolicy(path, policy);
          if (message !== null) context.addIssue({ code: 'custom', path: [path], message });
        }
      })
      .default({})
      .describe(
        'Which fields of answers may differ from the LLM’s, and how far, by path, as in `refund.note: ignore`; see equality.md.',
      ),
    redaction: z
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
                .describe(
                  'A regular expression (JavaScript, flag u) for the whole value, up to 512 characters.',
                ),
              kind: z.enum(ENTITY_KINDS).describe('The kind that a match is of.'),
            }),
          )
          .default([])
          .describe('Own recognisers, which come before the built-in ones.'),
        finder: z
          .enum(['auto', 'off'])
          .default('auto')
          .describe(
            'Whether a token classifier finds people and addresses; without it, obvious names alone go.',
          ),
      })
      .prefault({}),
    journal: z
      .strictObject({
        quarantineMaxBytes: z
          .int()
          .nonnegative()
          .default(256 * 1024 * 1024)
          .describe(
            'Space for segments of the journal that could not be drained; over it, the oldest are removed and counted.',
          ),
        quarantineMaxDays: z
          .number()
          .nonnegative()
          .default(30)
          .describe('Days after which such a segment is removed.'),
      })
      .prefault({}),
    retention: retentionSchema,
    prices: z
      .record(
        z.string(),
        z.looseObject({
          input_cost_per_token: z.number(),
          output_cost_per_token: z.number(),
          cache_read_input_token_cost: z.number().optional(),
        }),
      )
      .default({})
      .describe('Prices by model, in the format of LiteLLM’s table; they come before the built-in ones.'),
  })
  .prefault({});

export type Config = z.infer<typeof configSchema>;

/** The configuration as it may be shown: API keys are left out. */
export function withoutSecrets(config: Config): Config {
  const { hosted } = config.train;
  const { apiKey } = config.upstream;
  const prompted = config.prompted.map((server) =>
    server.apiKey === undefined ? server : { ...server, apiKey: '(set)' },
  );
  const { judge } = config;
  return {
    ...config,
    prompted,
    upstreams: withoutKeys(config.upstreams),
    ...(judge?.apiKey === undefined ? {} : { judge: { ...judge, apiKey: '(set)' } }),
    // The address of a webhook is its secret.
    alerts: { ...config.alerts, webhooks: config.alerts.webhooks.map((hook) => ({ ...hook, url: '(set)' })) },
    ...(apiKey === undefined ? {} : { upstream: { ...config.upstream, apiKey: '(set)' } }),
    ...(hosted === undefined ? {} : { train: { ...config.train, hosted: { ...hosted, apiKey: '(set)' } } }),
  };
}

/**
 * The configuration from `understudy.yaml` in `dir` (or from `file`), with ${VAR} filled in from the environment.
 * A missing default file means all defaults.
 * @throws UnderstudyError 'bad-config' with the path of the first wrong setting.
 */
export function loadConfig(options: {
  readonly dir: string;
  readonly file?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}): Config {
  const path = options.file ?? join(options.dir, 'understudy.yaml');
  if (!existsSync(path)) {
    if (options.file === undefined) return configSchema.parse({});
    throw new UnderstudyError('bad-config', `There is no configuration file ${path}.`, {
      hint: 'Check the path given with --config.',
    });
  }
  const text = readFileSync(path, 'utf8').replace(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = options.env[name];
    if (value === undefined) {
      throw new UnderstudyError('bad-config', `${path} uses \${${name}}, which is not set.`, {
        hint: `Set ${name} in the environment.`,
      });
    }
    return value;
  });
  let raw: unknown;
  try {
    raw = parse(text) ?? {};
  } catch (cause) {
    throw new UnderstudyError('bad-config', `${path} is not YAML: ${messageOf(cause)}`, {
      hint: 'Run `understudy validate`.',
      cause,
    });
  }
  const result = configSchema.safeParse(raw);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new UnderstudyError(
    'bad-config',
    `${path}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`,
    {
      hint: 'docs/configuration.md lists every setting.',
    },
  );
}
