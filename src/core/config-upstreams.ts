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
    anthropic: z
      .strictObject({
        baseUrl: z
          .url({ protocol: /^https?$/ })
          .optional()
          .describe(
            `The provider of Anthropic’s API, with or without its version path. Default: ${ANTHROPIC_URL} where \`upstream.baseUrl\` is OpenAI’s own; else \`upstream.baseUrl\`, which then gets all requests.`,
          ),
      })
      .prefault({}),
  })
  .prefault({});

/** The base URL of each API, with its version path. */
export function upstreamUrls(config: {
  readonly upstream: { readonly baseUrl: string };
  readonly upstreams: z.infer<typeof upstreamsSchema>;
}): Readonly<Record<Provider, string>> {
  const openai = config.upstream.baseUrl;
  const isOpenai = new URL(openai).hostname === OPENAI_HOST;
  const anthropic = config.upstreams.anthropic.baseUrl ?? (isOpenai ? ANTHROPIC_URL : openai);
  return { openai, anthropic: withVersion(anthropic) };
}

/** Anthropic's own client leaves the version out of its base URL; the API has but one. */
function withVersion(url: string): string {
  const parsed = new URL(url);
  if (/\/v\d+[a-z\d]*(\/|$)/.test(parsed.pathname)) return url;
  parsed.pathname = `${parsed.pathname.replace(/\/+$/, '')}/v1`;
  return parsed.href;
}
