import type { Upstream } from './upstream.ts';
export function translated(upstream: Upstream, _baseUrl: string): Upstream {
  return upstream;
}
