/**
 * The configuration: its schema, defaults and loading. Every setting is described in its section's file (config-*.ts), and
 * the docs are made from these descriptions.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { accessSchema } from './config-access.ts';
import { adminSchema } from './config-admin.ts';
import { costsSchema } from './config-costs.ts';
import { equalitySchema } from './config-equality.ts';
import { gateSchema } from './config-gate.ts';
import { gatewaySchema } from './config-gateway.ts';
import { journalSchema } from './config-journal.ts';
import { judgeSchema } from './config-judge.ts';
import { learnSchema } from './config-learn.ts';
import { promptedSchema } from './config-prompted.ts';
import { redactionSchema } from './config-redaction.ts';
import { retentionSchema } from './config-retention.ts';
import { serveSchema } from './config-serve.ts';
import { alertsSchema, telemetrySchema } from './config-telemetry.ts';
import { trainSchema } from './config-train.ts';
import { upstreamsSchema, withoutKeys } from './config-upstreams.ts';
import { messageOf, UnderstudyError } from './errors.ts';

export const configSchema = z
  .strictObject({
    dataDir: z
      .string()
      .default('.understudy')
      .describe('Folder for the store, the keys, the weights and the adapters.'),
    gateway: gatewaySchema,
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
    gate: gateSchema,
    serve: serveSchema,
    train: trainSchema,
    learn: learnSchema,
    costs: costsSchema,
    prompted: promptedSchema,
    judge: judgeSchema,
    equality: equalitySchema,
    redaction: redactionSchema,
    journal: journalSchema,
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
