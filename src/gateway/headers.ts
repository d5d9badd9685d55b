/** Which headers pass through the gateway, and which end at it. Pure. */

/** Headers of one connection, not of the message (RFC 9110, section 7.6.1), and what HTTP clients set themselves. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** Set anew towards the upstream. `expect` was answered by us; trailers of a request are not passed on. */
const REQUEST_ONLY = new Set(['host', 'content-length', 'expect', 'trailer']);
/** Fields that frame or route a message and so may not come after it (RFC 9110, section 6.5.1). */
const NOT_IN_TRAILERS = new Set(['content-length', 'content-encoding', 'content-type', 'host', 'trailer']);

/**
 * The request headers that go upstream, as a flat list of names and values in their order and spelling:
 * all but hop-by-hop ones, those named in Connection, and our own x-understudy-*.
 */
export function upstreamHeaders(raw: readonly string[]): string[] {
  const kept = filter(raw, (name) => REQUEST_ONLY.has(name) || name.startsWith('x-understudy-'));
  // We pass trailers on, so a client that takes them is one towards the upstream too.
  const te = headerOf(raw, 'te');
  if (te !== undefined && /(^|,)\s*trailers\s*(,|$)/i.test(te)) kept.push('te', 'trailers');
  return kept;
}

/** The response headers that go back to the client, in the same form. With a 426, what to upgrade to is for it. */
export function clientHeaders(raw: readonly string[], status = 200): string[] {
  return filter(raw, (name) => name.startsWith('x-understudy-'), status === 426 ? 'upgrade' : undefined);
}

/** A flat list without what the provider lets web pages do: those of our own answer take its place. */
export function withoutCors(raw: readonly string[]): string[] {
  return filter(raw, (name) => name.startsWith('access-control-'));
}

/** The trailers that go back to the client, as pairs. */
export function clientTrailers(raw: readonly string[]): [string, string][] {
  const kept = filter(raw, (name) => NOT_IN_TRAILERS.has(name) || name.startsWith('x-understudy-'));
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < kept.length; i += 2) pairs.push([kept[i] ?? '', kept[i + 1] ?? '']);
  return pairs;
}

/** The first value of a header in a flat list; undefined where it is missing. `name` in lower case. */
export function headerOf(raw: readonly string[], name: string): string | undefined {
  for (let i = 0; i < raw.length; i += 2) if (raw[i]?.toLowerCase() === name) return raw[i + 1];
  return undefined;
}

/** A flat list without one header. `name` in lower case. */
export function withoutHeader(raw: string[], name: string): string[] {
  return headerOf(raw, name) === undefined ? raw : filter(raw, (one) => one === name);
}

function filter(raw: readonly string[], drop: (name: string) => boolean, keep?: string): string[] {
  const named = headerOf(raw, 'connection');
  const listed = named === undefined ? [] : named.split(',').map((item) => item.trim().toLowerCase());
  const kept: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const key = raw[i] ?? '';
    const name = key.toLowerCase();
    if (name !== keep && (HOP_BY_HOP.has(name) || listed.includes(name) || drop(name))) continue;
    kept.push(key, raw[i + 1] ?? '');
  }
  return kept;
}
