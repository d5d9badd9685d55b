/**
 * Which settings a running gateway takes over when the configuration is read again, and which need a restart.
 * Does not: read it (core/config.ts), or take them over (serving.ts).
 */
import type { Config } from '../core/config.ts';
import { isObject, type Json } from '../core/json.ts';

export interface Reloaded {
  /** Paths of settings that are different now. */
  readonly changed: readonly string[];
  /** Those of them that stay as they were until the next start. */
  readonly needRestart: readonly string[];
}

/** Settings, or sections of them, that are taken over. */
const LIVE = ['access', 'upstream', 'upstreams', 'prices', 'alerts', 'telemetry', 'gateway.tls'];

export function reloaded(before: Config, after: Config): Reloaded {
  const changed = differing(before as unknown as Json, after as unknown as Json, '');
  const isLive = (path: string): boolean =>
    LIVE.some((live) => path === live || path.startsWith(`${live}.`)) && !isTlsSwitch(before, after, path);
  return { changed, needRestart: changed.filter((path) => !isLive(path)) };
}

/** A server that speaks HTTP cannot begin to speak HTTPS, nor the other way round. */
function isTlsSwitch(before: Config, after: Config, path: string): boolean {
  return (
    path.startsWith('gateway.tls') && (before.gateway.tls === undefined) !== (after.gateway.tls === undefined)
  );
}

/** The configuration as it applies: what is live of `after`, and all else of `before`. */
export function applied(before: Config, after: Config): Config {
  const { access, upstream, upstreams, prices, alerts, telemetry } = after;
  const tls = before.gateway.tls === undefined ? undefined : (after.gateway.tls ?? before.gateway.tls);
  return {
    ...before,
    access,
    upstream,
    upstreams,
    prices,
    alerts,
    telemetry,
    gateway: { ...before.gateway, ...(tls === undefined ? {} : { tls }) },
  };
}

function differing(before: Json | undefined, after: Json | undefined, path: string): string[] {
  if (isObject(before) && isObject(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].flatMap((name) =>
      differing(before[name], after[name], path === '' ? name : `${path}.${name}`),
    );
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [path];
}
