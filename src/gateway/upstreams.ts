/**
 * The upstreams of a gateway, one for each provider's API; servers with one address share its connections. One plain server is
 * asked as it is; several, or one that is tried again, through several/.
 * Does not: choose among several of one API, or try again.
 */
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BreakerSettings, RetrySettings, ServerSettings } from '../core/config-upstream-servers.ts';
import { MAIN } from '../core/config-upstream-servers.ts';
import type { Provider } from '../core/config-upstreams.ts';
import type { GatewayUpstream, UpstreamEvent } from '../core/observe.ts';
import { providerOf } from '../wire/provider.ts';
import { type Server, type Several, severalServers } from './several/several.ts';
import { createStandings } from './several/standing.ts';
import { translated } from './translated.ts';
import { connectUpstream, type Upstream, type UpstreamLimits } from './upstream.ts';

export interface Upstreams {
  /** The one that a request is meant for. */
  of(request: IncomingMessage): Upstream;
  /**
   * Other servers for calls that come from now on; those under way stay where they are. What is known of a server that is the
   * same before and after (its circuit, who has to wait, its conversations) stays known.
   */
  replace(settings: UpstreamOptions): void;
  /** How each server is, where there are several of an API or one is tried again. */
  states(): readonly GatewayUpstream[];
  close(): Promise<void>;
}

type Servers = readonly [ServerSettings, ...ServerSettings[]];

export interface UpstreamOptions {
  readonly upstreamUrl: string;
  /** Of APIs that have an upstream of their own. */
  readonly upstreamUrls?: Readonly<Partial<Record<Provider, string>>> | undefined;
  /** All servers of each API, instead of the addresses, and what is tried again. */
  readonly several?:
    | {
        readonly servers: Readonly<Record<Provider, Servers>>;
        readonly retry: RetrySettings;
        readonly breaker: BreakerSettings;
      }
    | undefined;
}

const PROVIDERS: readonly Provider[] = ['openai', 'anthropic'];

/**
 * @param limits As connectUpstream, to each address.
 * @param onEvent Told what happens where there are several servers.
 */
export function connectUpstreams(
  options: UpstreamOptions,
  limits: UpstreamLimits,
  onEvent: (event: UpstreamEvent) => void = () => {},
): Upstreams {
  const byAddress = new Map<string, Upstream>();
  const standings = new Map(
    PROVIDERS.map((provider) => [
      provider,
      createStandings((upstream, state, failures) => onEvent({ kind: 'circuit', upstream, state, failures })),
    ]),
  );
  let current = new Map<Provider, Upstream>();
  let several = new Map<Provider, Several>();

  const connected = ({ baseUrl, maxConnections, isTranslated }: ServerSettings): Upstream => {
    const most = maxConnections ?? limits.maxConnections;
    const key = `${baseUrl} ${most ?? ''} ${isTranslated}`;
    let upstream = byAddress.get(key);
    if (!upstream) {
      const plain = connectUpstream(baseUrl, { ...limits, maxConnections: most });
      upstream = isTranslated ? translated(plain, baseUrl) : plain;
      byAddress.set(key, upstream);
    }
    return upstream;
  };
  /** With the limit that counts for it, so that it is known when all of its connections are in use. */
  const limited = (settings: ServerSettings): ServerSettings => {
    const maxConnections = settings.maxConnections ?? limits.maxConnections;
    return maxConnections === undefined ? settings : { ...settings, maxConnections };
  };
  const serversOf = (next: UpstreamOptions, provider: Provider): Servers =>
    next.several?.servers[provider] ?? [
      mainServer(provider, next.upstreamUrls?.[provider] ?? next.upstreamUrl),
    ];
  const connect = (next: UpstreamOptions): void => {
    const upstreams = new Map<Provider, Upstream>();
    const pools = new Map<Provider, Several>();
    for (const provider of PROVIDERS) {
      const [main, ...others] = serversOf(next, provider);
      standings.get(provider)!.keepOnly([main, ...others]);
      const first = { settings: limited(main), upstream: connected(main) };
      const isPlain = others.length === 0 && !main.isTranslated;
      if (next.several === undefined || (isPlain && next.several.retry.attempts === 1)) {
        upstreams.set(provider, first.upstream);
        continue;
      }
      const { retry, breaker } = next.several;
      const rest = others.map(
        (settings): Server => ({ settings: limited(settings), upstream: connected(settings) }),
      );
      const pool = severalServers([first, ...rest], {
        retry,
        breaker,
        timeoutMs: limits.timeoutMs,
        standings: standings.get(provider)!,
        onEvent,
        now: Date.now,
        random: Math.random,
        after,
        sleep: (ms, signal) => sleep(ms, undefined, { signal }),
      });
      upstreams.set(provider, pool);
      pools.set(provider, pool);
    }
    current = upstreams;
    several = pools;
  };
  connect(options);
  return {
    of: (request) => current.get(providerOf(request))!,
    // What is not asked any more closes its idle connections by itself.
    replace: connect,
    states: () =>
      [...several].flatMap(([provider, pool]) => pool.states().map((state) => ({ ...state, for: provider }))),
    close: async () => {
      await Promise.all([...byAddress.values()].map((upstream) => upstream.close()));
    },
  };
}

function mainServer(provider: Provider, baseUrl: string): ServerSettings {
  return {
    name: MAIN[provider],
    baseUrl,
    isMain: true,
    isTranslated: false,
    apiKey: null,
    models: 'same',
    weight: 1,
    priority: 1,
  };
}

function after(ms: number, then: () => void): () => void {
  const timer = setTimeout(then, ms);
  return () => clearTimeout(timer);
}
