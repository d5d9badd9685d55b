/**
 * Settings of the providers behind the gateway beside `upstream`, and which address each API has in the end.
 * Does not: tell which request is meant for which (wire/provider).
 */
import { z } from 'zod';
import {
  breakerSchema,
  MAIN,
  modelsSchema,
  retrySchema,
  type ServerSettings,
  serversSchema,
} from './config-upstream-servers.ts';

/** By the form of API that is spoken, not by the company: most providers speak OpenAI's. */
export type Provider = 'openai' | 'anthropic';

const OPENAI_HOST = 'api.openai.com';
const ANTHROPIC_URL = 'https://api.anthropic.com';

export const upstreamsSchema = z
  .strictObject({
    maxConnections: z
      .int()
      .positive()
      .optional()
      .describe('Most connections to each provider at once; further calls wait for one. Default: no limit.'),
    anthropic: z
      .strictObject({
        baseUrl: z
          .url({ protocol: /^https?$/ })
          .optional()
          .describe(
            `The provider of Anthropic’s API, with or without its version path. Default: ${ANTHROPIC_URL} where \`upstream.baseUrl\` is OpenAI’s own; else \`upstream.baseUrl\`, which then gets all requests.`,
          ),
        apiKey: z
          .string()
          .min(1)
          .optional()
          .describe(
            'Its key, as `upstream.apiKey`. Default: that one, where both APIs have one base URL; else none.',
          ),
        api: z
          .enum(['own', 'openai-chat'])
          .default('own')
          .describe(
            'What it speaks: Anthropic’s API, or OpenAI Chat Completions, into which calls are then translated (upstreams.md). Then the default of `baseUrl` is `upstream.baseUrl`, and no key that a caller sends goes there.',
          ),
        models: modelsSchema
          .optional()
          .describe(
            'The server’s names of the models that callers ask for, as for `servers`. Needed where calls are translated, else without use.',
          ),
      })
      .superRefine(({ api, models }, context) => {
        if (api === 'openai-chat' && models === undefined)
          context.addIssue({
            code: 'custom',
            path: ['models'],
            message: 'say which model answers in place of each that callers ask for, or `same`',
          });
      })
      .prefault({}),
    servers: serversSchema,
    retry: retrySchema,
    breaker: breakerSchema,
  })
  .prefault({});

interface UpstreamSettings {
  readonly upstream: { readonly baseUrl: string; readonly apiKey?: string | undefined };
  readonly upstreams: z.infer<typeof upstreamsSchema>;
}

/** The base URL of each API, with its version path. */
export function upstreamUrls({ upstream, upstreams }: UpstreamSettings): Readonly<Record<Provider, string>> {
  return { openai: upstream.baseUrl, anthropic: withVersion(anthropicUrl({ upstream, upstreams })) };
}

/** The servers of each API; the first is that of `upstream` or `upstreams.anthropic`. */
export function upstreamServers(
  config: UpstreamSettings,
): Readonly<Record<Provider, readonly [ServerSettings, ...ServerSettings[]]>> {
  const { anthropic, servers } = config.upstreams;
  const urls = upstreamUrls(config);
  const of = (
    provider: Provider,
    main: Pick<ServerSettings, 'isTranslated' | 'models'>,
  ): [ServerSettings, ...ServerSettings[]] => [
    {
      name: MAIN[provider],
      baseUrl: urls[provider],
      isMain: true,
      weight: 1,
      priority: 1,
      ...main,
      apiKey: upstreamKeys(config)[provider] ?? null,
      maxConnections: config.upstreams.maxConnections,
    },
    ...servers
      .filter((server) => server.for === provider)
      .map(({ for: _, api, apiKey = null, maxConnections, ...server }) => ({
        ...server,
        isMain: false,
        isTranslated: api === 'openai-chat',
        apiKey,
        maxConnections: maxConnections ?? config.upstreams.maxConnections,
      })),
  ];
  return {
    openai: of('openai', { isTranslated: false, models: 'same' }),
    anthropic: of(
      'anthropic',
      anthropic.api === 'openai-chat'
        ? { isTranslated: true, models: anthropic.models ?? 'same' }
        : { isTranslated: false, models: 'same' },
    ),
  };
}

/** What a gateway needs of these settings beside the addresses. */
export function severalOf(config: UpstreamSettings) {
  const { retry, breaker } = config.upstreams;
  return { servers: upstreamServers(config), retry, breaker };
}

/** These settings as they may be shown: without keys. */
export function withoutKeys({ anthropic, servers, ...others }: UpstreamSettings['upstreams']) {
  const hidden = <T extends { readonly apiKey?: string | undefined }>(one: T): T =>
    one.apiKey === undefined ? one : { ...one, apiKey: '(set)' };
  return { ...others, anthropic: hidden(anthropic), servers: servers.map(hidden) };
}

/** The keys of the providers, as far as the configuration has them. No key goes to an address that it was not given for. */
export function upstreamKeys(config: UpstreamSettings): Readonly<Partial<Record<Provider, string>>> {
  const { apiKey: openai, baseUrl } = config.upstream;
  const anthropic =
    config.upstreams.anthropic.apiKey ?? (anthropicUrl(config) === baseUrl ? openai : undefined);
  return { ...(openai ? { openai } : {}), ...(anthropic ? { anthropic } : {}) };
}

function anthropicUrl({ upstream, upstreams }: UpstreamSettings): string {
  if (upstreams.anthropic.api === 'openai-chat') return upstreams.anthropic.baseUrl ?? upstream.baseUrl;
  const isOpenai = new URL(upstream.baseUrl).hostname === OPENAI_HOST;
  return upstreams.anthropic.baseUrl ?? (isOpenai ? ANTHROPIC_URL : upstream.baseUrl);
}

/** Anthropic's own client leaves the version out of its base URL; the API has but one. */
function withVersion(url: string): string {
  const parsed = new URL(url);
  if (/\/v\d+[a-z\d]*(\/|$)/.test(parsed.pathname)) return url;
  parsed.pathname = `${parsed.pathname.replace(/\/+$/, '')}/v1`;
  return parsed.href;
}
