/**
 * Hands a call to the recorder: as it was understood where all of it is small, else as the bytes that it was.
 * Does not: redact or write (capture/), or wait longer than it may (bounded-recorder.ts).
 */
import type { Call, CallResponse } from '../core/call.ts';
import type { RawExchange } from '../core/online.ts';
import { callOf } from '../wire/exchange.ts';
import type { Exchange, GatewayContext } from './exchange.ts';
import type { ResponseCapture } from './response-capture.ts';

/** Exchanges up to this size are redacted and sealed on the event loop. */
export const MAX_RECORDED_HERE_BYTES = 64 * 1024;

/** What came of a call. `response` is null where there was none, or where it was not read here. */
export type Result = Pick<Call, 'response' | 'status' | 'latencyMs' | 'served'> &
  Pick<RawExchange, 'brokenStatus' | 'audits'>;

/**
 * @param captured Null where a specialist answered.
 * @param id Default: the exchange's own. Never rejects.
 */
export async function recordExchange(
  context: GatewayContext,
  exchange: Exchange,
  captured: ResponseCapture | null,
  result: Result,
  id: string = exchange.callId,
): Promise<void> {
  await record(context, exchange, captured, result, id);
  if (context.observer === null) return;
  const { understood, message } = exchange;
  const { traceparent } = message.headers;
  const isAudit = result.audits !== undefined;
  context.observer.call({
    callId: id,
    at: exchange.at,
    dialect: exchange.dialect.name,
    served: result.served,
    status: result.brokenStatus,
    latencyMs: result.latencyMs,
    times: isAudit || captured === null ? null : exchange.times,
    doneAt: performance.now(),
    isKept: exchange.admission.isTrusted && (typeof understood === 'string' || !understood.source.omit),
    request: typeof understood === 'string' ? null : understood.request,
    response: result.response,
    traceparent: typeof traceparent === 'string' ? traceparent : '',
  });
}

async function record(
  context: GatewayContext,
  exchange: Exchange,
  captured: ResponseCapture | null,
  result: Result,
  id: string,
): Promise<void> {
  const { understood, at, admission } = exchange;
  if (understood === 'foreign' || !admission.isTrusted) {
    captured?.release();
    return;
  }
  if (captured?.lost) {
    context.recorder.lose();
    return;
  }
  const { response, ...outcome } = result;
  const bytes = exchange.body.bytes.length + (captured?.size ?? 0);
  const isRead = response !== null || !captured?.body();
  const raw = (): RawExchange => ({
    id,
    at,
    ...outcome,
    dialect: exchange.dialect.name,
    headers: exchange.message.headers,
    address: exchange.message.socket.remoteAddress ?? '',
    request: exchange.raw,
    response: captured ? captured.body() : bodyOf(exchange, response),
  });
  // Held until the recorder has a copy, or has done or dropped it.
  const releaseBody = exchange.body.keep();
  const release = (): void => {
    releaseBody();
    captured?.release();
  };
  if (understood === 'large' || !isRead || bytes > MAX_RECORDED_HERE_BYTES) {
    await context.recorder.recordExchange(raw(), release);
    return;
  }
  const { request, source } = understood;
  if (source.omit) return release();
  const call = callOf({ id, at, ...outcome }, { request, source, response });
  await context.recorder.record(call, source.sender, raw, release);
}

/** A specialist's answer as the body that it would be. */
function bodyOf(
  { dialect, callId, at, understood }: Exchange,
  response: CallResponse | null,
): RawExchange['response'] {
  if (response === null || typeof understood === 'string') return null;
  const { request } = understood;
  const text = dialect.renderResponse({ id: callId, at, request, response });
  return { chunks: [Buffer.from(text)], encoding: '', events: false };
}
