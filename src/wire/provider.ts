/**
 * Whose API a request is meant for: each provider has its own upstream, and its own shape of errors. Pure.
 * Does not: know addresses (core/config-upstreams).
 */
import type { Provider } from '../core/config-upstreams.ts';
import type { RequestHeaders } from './source.ts';

/** Messages, and what stands below them (count_tokens, batches); the messages of OpenAI's threads are no such path. */
const ANTHROPIC_PATH = /^(?!.*\/threads\/).*\/messages(?:\/|$)/;

export function providerOf({
  url = '',
  headers,
}: {
  readonly url?: string | undefined;
  readonly headers: RequestHeaders;
}): Provider {
  const path = url.split('?', 1)[0] ?? '';
  // Anthropic's API demands the header with every request: it tells its /v1/models and /v1/files from OpenAI's.
  return headers['anthropic-version'] !== undefined || ANTHROPIC_PATH.test(path) ? 'anthropic' : 'openai';
}
