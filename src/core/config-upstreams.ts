/**
 * Settings of the providers behind the gateway beside `upstream`, and which address each API has in the end.
 * Does not: tell which request is meant for which (wire/provider).
 */
import { z } from 'zod';

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
      })
      .prefault({}),
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

/** The keys of the providers, as far as the configuration has them. No key goes to an address that it was not given for. */
export function upstreamKeys(config: UpstreamSettings): Readonly<Partial<Record<Provider, string>>> {
  const { apiKey: openai, baseUrl } = config.upstream;
  const anthropic =
    config.upstreams.anthropic.apiKey ?? (anthropicUrl(config) === baseUrl ? openai : undefined);
  return { ...(openai ? { openai } : {}), ...(anthropic ? { anthropic } : {}) };
}

function anthropicUrl({ upstream, upstreams }: UpstreamSettings): string {
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
