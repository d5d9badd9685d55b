/**
 * The upstreams of a gateway, one for each provider's API; APIs with one address share its connections.
 * Does not: choose among several of one API, or retry.
 */
import type { IncomingMessage } from 'node:http';
import type { Provider } from '../core/config-upstreams.ts';
import { providerOf } from '../wire/provider.ts';
import { connectUpstream, type Upstream, type UpstreamLimits } from './upstream.ts';

export interface Upstreams {
  /** The one that a request is meant for. */
  of(request: IncomingMessage): Upstream;
  /** Other addresses for calls that come from now on; those under way stay where they are. */
  replace(urls: Readonly<Record<Provider, string>>): void;
  close(): Promise<void>;
}

export interface UpstreamUrls {
  readonly upstreamUrl: string;
  /** Of APIs that have an upstream of their own. */
  readonly upstreamUrls?: Readonly<Partial<Record<Provider, string>>> | undefined;
}

export function urlsOf({ upstreamUrl, upstreamUrls }: UpstreamUrls): Readonly<Record<Provider, string>> {
  return { openai: upstreamUrl, anthropic: upstreamUrl, ...upstreamUrls };
}

/** @param limits As connectUpstream, to each address. */
export function connectUpstreams(
  urls: Readonly<Record<Provider, string>>,
  limits: UpstreamLimits,
): Upstreams {
  const byUrl = new Map<string, Upstream>();
  let current = urls;
  const connect = (next: Readonly<Record<Provider, string>>): void => {
    for (const url of Object.values(next)) if (!byUrl.has(url)) byUrl.set(url, connectUpstream(url, limits));
    current = next;
  };
  connect(urls);
  return {
    of: (request) => byUrl.get(current[providerOf(request)])!,
    // What is not asked any more closes its idle connections by itself.
    replace: connect,
    close: async () => {
      await Promise.all([...byUrl.values()].map((upstream) => upstream.close()));
    },
  };
}
