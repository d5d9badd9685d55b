/**
 * Bodies as they went over the wire, to calls: decoded, read in their dialect, and joined with who sent them. Pure but for
 * the decompression, which runs in the thread pool.
 */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib';
import { AUDITED, type Call, type CallRequest, type CallResponse } from '../core/call.ts';
import type { RawBody, RawExchange } from '../core/online.ts';
import type { Dialect } from './dialect.ts';
import { holdsMoreValues } from './json-bytes.ts';
import { type Source, sourceOf, withoutSender } from './source.ts';

type Decoder = (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>;

/**
 * JSON of more values is not read: 30 MB of brackets would take two gigabytes of memory. Many times what a call has: an answer
 * with 20 probabilities at each of 4,000 tokens has 650,000.
 */
const MAX_VALUES = 2_000_000;

/** Content codings (RFC 9110, section 8.4.1, RFC 7932 and RFC 8878). */
const DECODERS: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
  ['zstd', promisify(zstdDecompress)],
]);

/** The coding that a content-encoding header names; '' for none. */
export function contentCoding(header: string | undefined): string {
  const coding = header?.trim().toLowerCase() ?? '';
  return coding === 'identity' ? '' : coding;
}

/** The body's bytes, decoded; null where they are more than `maxBytes`, or of a coding that is unknown or broken. */
export async function decodeBody(body: RawBody, maxBytes: number): Promise<Uint8Array | null> {
  const size = body.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  if (size > maxBytes) return null;
  const bytes = body.chunks.length === 1 ? body.chunks[0]! : Buffer.concat(body.chunks, size);
  if (body.encoding === '') return bytes;
  try {
    return (await DECODERS.get(body.encoding)?.(bytes, { maxOutputLength: maxBytes })) ?? null;
  } catch {
    return null;
  }
}

/** The response in a body; null where it is not whole (no finish reason), or cannot be read. */
export async function readResponse(
  dialect: Dialect,
  body: NonNullable<RawExchange['response']>,
  maxBytes: number,
): Promise<CallResponse | null> {
  const bytes = await decodeBody(body, maxBytes);
  if (bytes === null) return null;
  try {
    if (!body.events) return holdsMoreValues(bytes, MAX_VALUES) ? null : whole(dialect.parseResponse(bytes));
    const stream = dialect.streamAccumulator();
    stream.push(bytes);
    return whole(stream.end());
  } catch {
    return null;
  }
}

function whole(response: CallResponse | null): CallResponse | null {
  return response?.finishReason === null ? null : response;
}

/**
 * The call of an exchange, with its sender; or why there is none: it is no request of the dialect, it asked not to be kept,
 * or it cannot be read.
 * @param maxBytes Of each body, decoded; a longer request is not understood, a longer response left out.
 */
export async function readExchange(
  exchange: RawExchange,
  dialects: readonly Dialect[],
  maxBytes: number,
): Promise<
  { readonly call: Call; readonly sender: string } | { readonly none: 'foreign' | 'omitted' | 'unreadable' }
> {
  const dialect = dialects.find(({ name }) => name === exchange.dialect);
  const bytes = dialect ? await decodeBody(exchange.request, maxBytes) : null;
  if (!dialect || bytes === null || holdsMoreValues(bytes, MAX_VALUES)) return { none: 'unreadable' };
  const request = dialect.parseRequest(bytes);
  if (request === null) return { none: 'foreign' };
  const source = sourceOf(exchange.headers, exchange.address, request.params);
  if (source.omit) return { none: 'omitted' };
  const response = exchange.response ? await readResponse(dialect, exchange.response, maxBytes) : null;
  return { call: callOf(exchange, { request, source, response }), sender: source.sender };
}

/**
 * The call of an exchange, from what was read of it. Its sender is no part of it. The LLM's answer to an audited call is a
 * call of its own in the session of that one.
 */
export function callOf(
  {
    id,
    at,
    latencyMs,
    served,
    status,
    brokenStatus,
    audits,
  }: Omit<RawExchange, 'request' | 'response' | 'dialect' | 'headers' | 'address'>,
  {
    request,
    source,
    response,
  }: { readonly request: CallRequest; readonly source: Source; readonly response: CallResponse | null },
): Call {
  // Whoever called says nothing about audits.
  const { [AUDITED]: _, ...tags } = source.tags;
  return {
    id,
    at,
    latencyMs,
    served,
    response,
    sessionId: source.sessionId ?? audits?.callId ?? id,
    origin: '',
    tags: audits ? { ...tags, [AUDITED]: String(audits.probability) } : tags,
    request: withoutSender(request),
    status: response === null ? brokenStatus : status,
  };
}
