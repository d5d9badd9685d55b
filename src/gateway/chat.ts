/**
 * One call through the gateway: read it, ask the router who serves, send that answer, record the call, end.
 * Whatever of ours fails on the way, the bytes the agent sent still go upstream. Bodies are read here only where they are
 * small; large ones go to the LLM, and to the recorder as they are: no call may hold up another.
 * Does not: decide anything about who serves (route/).
 */
import type { CallResponse, Served } from '../core/call.ts';
import { messageOf, UnderstudyError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import type { Compare, Decision } from '../core/online.ts';
import { type Exchange, type GatewayContext, nameOf, openExchange } from './exchange.ts';
import { MAX_METERED_BYTES, namedModels, usedByLlm, usedBySpecialist } from './metering.ts';
import { MAX_RECORDED_HERE_BYTES, recordExchange } from './record-exchange.ts';
import { relay } from './relay.ts';
import { captureResponse, type ResponseCapture } from './response-capture.ts';
import { renderReply, responseOf, sendReply } from './serve.ts';

/** Responses up to this size are read on the event loop where a specialist's answer is compared with them. */
const MAX_COMPARED_BYTES = 128 * 1024;

/** @throws UnderstudyError with the status for the client, where nothing has been sent yet. */
export async function handleChat(
  context: GatewayContext,
  from: Pick<Exchange, 'dialect' | 'message' | 'response' | 'signal' | 'admission'>,
): Promise<void> {
  const at = context.now();
  const body = await context.readBody(from.message);
  try {
    const times = { read: performance.now(), asked: 0, firstByte: 0, answered: 0 };
    const exchange = await openExchange(context, { ...from, at, body, times });
    const models = from.admission.limitsModels ? await namedModels(exchange.raw, context.maxBodyBytes) : [];
    context.access.beginCall(from.admission, models);
    await handleExchange(context, exchange, models[0] ?? '');
  } finally {
    body.release();
  }
}

/** @param model As the request names it, where that was looked for. */
async function handleExchange(context: GatewayContext, exchange: Exchange, model: string): Promise<void> {
  const decision = await decide(context, exchange);
  const { served, compare } = decision;
  if (await sendAnswer(context, exchange, decision)) {
    if (compare) audit(context, exchange, decision, compare);
    return;
  }
  const byLlm: Served = served.by === 'llm' ? served : { ...served, by: 'llm', reason: 'error' };
  const llm = await relayLlm(context, exchange, byLlm, { isCompared: compare !== null, model });
  if (llm) decision.hear?.(llm);
  if (!compare || !llm) return;
  const release = exchange.body.keep();
  const isStarted = context.background.start((signal) =>
    compare(llm, signal, async () => (await askLlm(exchange, signal)).response).finally(release),
  );
  if (!isStarted) release();
}

async function decide(context: GatewayContext, exchange: Exchange): Promise<Decision> {
  const { callId, understood, message, admission, signal } = exchange;
  if (!admission.isTrusted) return { served: { by: 'llm', reason: 'policy' }, answer: null, compare: null };
  try {
    const request = typeof understood === 'string' ? understood : understood.request;
    const llmAskedFor = message.headers['x-understudy-route'] === 'llm';
    const session = typeof understood === 'string' ? undefined : understood.source.sessionId;
    const call = { id: callId, request, llmAskedFor, ...(session ? { session } : {}) };
    return await context.router.route(call, signal);
  } catch (error) {
    context.log('router-failed', { callId, error: nameOf(error) });
    return { served: { by: 'llm', reason: 'error' }, answer: null, compare: null };
  }
}

/** Sends the specialist's answer; false where there is none, or it cannot be said, and the LLM has to be asked. */
async function sendAnswer(
  context: GatewayContext,
  exchange: Exchange,
  { served, answer }: Decision,
): Promise<boolean> {
  const { callId, at, understood, dialect, signal } = exchange;
  if (answer === null || typeof understood === 'string' || signal.aborted) return false;
  const { request } = understood;
  try {
    const response = responseOf(answer, request);
    const rendered = renderReply(dialect, { id: callId, at, request, response });
    const latencyMs = context.now() - at;
    const headers = [
      ...servedHeaders(callId, served),
      ...costHeaders(context, response, latencyMs),
      ...exchange.admission.cors,
    ];
    await sendReply(exchange.response, rendered, headers, async () => {
      context.onServed(served);
      context.access.endCall(exchange.admission, usedBySpecialist(request.model, response));
      const result = { response, status: 200, brokenStatus: 200, latencyMs, served };
      await recordExchange(context, exchange, null, result);
    });
    return true;
  } catch (error) {
    context.log('answer-failed', { callId, error: nameOf(error) });
    if (exchange.response.headersSent) throw error;
    return false;
  }
}

/**
 * Passes the call to the LLM and its response to the client. Gives the response, for comparisons; null where there is
 * none that is whole.
 * @param about.isCompared Whether the response is needed, if it is not very long.
 */
async function relayLlm(
  context: GatewayContext,
  exchange: Exchange,
  served: Served,
  { isCompared, model }: { readonly isCompared: boolean; readonly model: string },
): Promise<CallResponse | null> {
  const { callId, dialect, response, understood, admission } = exchange;
  const capture =
    understood === 'foreign' && !admission.isMetered
      ? null
      : captureResponse(dialect, context.maxBodyBytes, context.memory);
  let llm: CallResponse | null = null;
  let isRecorded = false;
  const record = async (status: number, brokenStatus = status): Promise<void> => {
    isRecorded = true;
    const latencyMs = context.now() - exchange.at;
    // Decoded, that is: a short body may be a long one, compressed.
    const limit = isCompared ? MAX_COMPARED_BYTES : MAX_RECORDED_HERE_BYTES;
    llm = (await capture?.read(admission.isMetered ? MAX_METERED_BYTES : limit)) ?? null;
    if (capture !== null && capture.status >= 200 && capture.status < 300) {
      context.access.endCall(admission, usedByLlm(model, exchange.body, llm, capture));
    }
    // Nobody was served where the client has gone before the last word.
    if (brokenStatus !== 499 || llm !== null) context.onServed(served);
    const result = { response: llm, status, brokenStatus, latencyMs, served };
    await recordExchange(context, exchange, capture, result);
  };
  try {
    await relay({
      upstream: exchange.upstream,
      request: exchange.request,
      response,
      signal: exchange.signal,
      turns: context.turns,
      extraHeaders: servedHeaders(callId, served),
      cors: admission.cors,
      times: exchange.times,
      ...(capture ? { capture } : {}),
      beforeEnd: record,
    });
    return llm;
  } catch (error) {
    const status = error instanceof UnderstudyError ? error.status : 502;
    if (status !== 499) context.log('upstream-failed', { callId, status, error: causeOf(error) });
    // A response that has said its last word is whole, even if the client or the upstream breaks off after it.
    const seen = response.headersSent ? response.statusCode : status;
    const upstreamStatus = capture && capture.status > 0 ? capture.status : seen;
    if (!isRecorded) await record(upstreamStatus, status === 499 ? status : seen);
    throw error;
  }
}

/**
 * The specialist answered; the LLM is asked the same bytes beside the client. Its answer goes on record as a call of its own,
 * from which can be learnt, and the two are compared.
 */
function audit(
  context: GatewayContext,
  exchange: Exchange,
  { served, hear, auditProbability: probability = 1 }: Decision,
  compare: Compare,
): void {
  const release = exchange.body.keep();
  const { callId, at } = exchange;
  const { taskId } = served;
  const work = async (signal: AbortSignal): Promise<void> => {
    const askedAt = context.now();
    const { response, capture } = await askLlm(exchange, signal);
    if (response === null) return;
    hear?.(response);
    const result = {
      response,
      status: capture.status,
      brokenStatus: capture.status,
      latencyMs: context.now() - askedAt,
      served: {
        by: 'llm',
        reason: 'audit' as const,
        ...(taskId === undefined ? {} : { taskId }),
      },
      audits: { callId, probability },
    };
    await recordExchange(context, exchange, capture, result, newId('call', at));
    await compare(response, signal, async () => (await askLlm(exchange, signal)).response);
  };
  if (!context.background.start((signal) => work(signal).finally(release))) release();
}

/**
 * Sends the client's bytes to the LLM, for nobody but us; the response is null where it is not whole, or too long to compare.
 * @throws UnderstudyError as the upstream.
 */
async function askLlm(
  { dialect, request, upstream }: Exchange,
  signal: AbortSignal,
): Promise<{ readonly response: CallResponse | null; readonly capture: ResponseCapture }> {
  const capture = captureResponse(dialect, MAX_COMPARED_BYTES);
  const listener = {
    onHead: capture.begin,
    onData: (chunk: Uint8Array): undefined => {
      capture.push(chunk);
    },
  };
  const call = { isTrusted: true, session: null, ...request.call, isReference: true };
  await upstream.send({ ...request, call }, listener, signal);
  return { response: await capture.read(MAX_COMPARED_BYTES), capture };
}

/** Who served, for the agent's author: a flat list of names and values. */
function servedHeaders(callId: string, served: Served): string[] {
  const headers = [
    'x-understudy-call-id',
    callId,
    'x-understudy-served-by',
    served.by,
    'x-understudy-reason',
    served.reason,
  ];
  if (served.taskId !== undefined) headers.push('x-understudy-task', served.taskId);
  if (served.confidence !== undefined) headers.push('x-understudy-confidence', served.confidence.toFixed(4));
  return headers;
}

/** What the answer cost and what the LLM would have charged beyond that, in dollars; none where the price is not known. */
function costHeaders({ costOf }: GatewayContext, { model, usage }: CallResponse, ms: number): string[] {
  const dollars = usage && costOf(model, usage, ms);
  if (!dollars) return [];
  return ['x-understudy-cost', dollars.cost.toFixed(8), 'x-understudy-saved', dollars.saved.toFixed(8)];
}

function causeOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
}
