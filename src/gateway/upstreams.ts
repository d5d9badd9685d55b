/**
 * The upstreams of a gateway, one for each provider's API; APIs with one address share its connections.
 * Does not: choose among several of one API, or retry.
 */
import type { IncomingMessage } from 'node:http';
import type { Provider } from '../core/config-upstreams.ts';
import { providerOf } from '../wire/provider.ts';
import { connectUpstream, type Upstream } from './upstream.ts';

export interface Upstreams {
  /** The one that a request is meant for. */
  of(request: IncomingMessage): Upstream;
  close(): Promise<void>;
}

/** @param timeoutMs As connectUpstream. */
export function connectUpstreams(urls: Readonly<Record<Provider, string>>, timeoutMs: number): Upstreams {
  const byUrl = new Map<string, Upstream>();
  for (const url of Object.values(urls)) if (!byUrl.has(url)) byUrl.set(url, connectUpstream(url, timeoutMs));
  return {
    of: (request) => byUrl.get(urls[providerOf(request)])!,
    close: async () => {
      await Promise.all([...byUrl.values()].map((upstream) => upstream.close()));
    },
  };
}
