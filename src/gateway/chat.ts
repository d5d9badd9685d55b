/**
 * One call through the gateway: read, decide, let the specialist or the LLM answer, write it down, end.
 * Whatever of ours fails on the way, the bytes the agent sent still go upstream.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Call, CallRequest, CallResponse, LlmReason, Served } from '../core/call.ts';
import { messageOf, UnderstudyError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import type { JsonObject } from '../core/json.ts';
import type { Attempt, Attempted, Decision, Router } from '../core/online.ts';
import type { Dialect } from '../wire/dialect.ts';
import { policyReason } from '../wire/policy.ts';
import type { Background } from './background.ts';
import type { HeldBody } from './body.ts';
import { copyAnswer } from './copy.ts';
import { upstreamHeaders } from './headers.ts';
import type { Recording } from './recording.ts';
import { relay } from './relay.ts';
import { askSpecialist, renderReply, responseOf, sendReply } from './serve.ts';
import { type Source, sourceOf, withoutSender } from './source.ts';
import type { Question, Upstream } from './upstream.ts';

/** Tells what happened, never what was said: no payload, no key. */
export type Log = (event: string, detail: JsonObject) => void;

/** What every call needs. */
export interface Desk {
  readonly upstream: Upstream;
  readonly router: Router;
  readonly recording: Recording;
  readonly background: Background;
  readonly log: Log;
  readonly now: () => number;
  /** Reads a request's body into the memory that all bodies share. */
  readonly readBody: (message: IncomingMessage) => Promise<HeldBody>;
  /** Longest answer that is read. */
  readonly maxBodyBytes: number;
  readonly serveTimeoutMs: number;
  /** Counted when the answer is known. */
  readonly onServed: (served: Served) => void;
}

/** A call under way. */
interface Visit {
  readonly callId: string;
  readonly at: number;
  readonly question: Question;
  readonly body: HeldBody;
  readonly response: ServerResponse;
  readonly signal: AbortSignal;
  readonly dialect: Dialect;
  /** Null where the body was not understood: passed through, not captured. */
  readonly understood: { readonly request: CallRequest; readonly source: Source } | null;
}

/** @throws UnderstudyError with the status for the client, where nothing has been sent yet. */
export async function handleChat(
  desk: Desk,
  dialect: Dialect,
  message: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const at = desk.now();
  const body = await desk.readBody(message);
  try {
    await handleBody(desk, dialect, message, response, signal, at, body);
  } finally {
    body.release();
  }
}

async function handleBody(
  desk: Desk,
  dialect: Dialect,
  message: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
  at: number,
  body: HeldBody,
): Promise<void> {
  const visit: Visit = {
    callId: newId('call', at),
    at,
    question: {
      method: message.method ?? 'POST',
      path: message.url ?? '/',
      headers: upstreamHeaders(message.rawHeaders),
      body: body.bytes,
    },
    body,
    response,
    signal,
    dialect,
    understood: understand(desk, dialect, message, body.bytes),
  };
  const decision = decide(desk, visit, message.headers['x-understudy-route'] === 'llm');
  if (decision.to === 'llm') {
    const { reason, taskId, compare } = decision;
    const llm = await serveByLlm(desk, visit, llmServed(reason, taskId));
    if (compare) compareLater(desk, visit, compare, null, llm);
    return;
  }
  const { attempt, audit } = decision;
  const attempted = await askSpecialist(attempt, visit.understood!.request, desk.serveTimeoutMs, signal);
  if (await serveBySpecialist(desk, visit, attempt, attempted)) {
    if (audit) auditLater(desk, visit, attempt, attempted);
    return;
  }
  const served = llmServed(attempted.used ? 'error' : attempted.reason, attempt.taskId, attempted.confidence);
  const llm = await serveByLlm(desk, visit, served);
  if (audit) compareLater(desk, visit, attempt, attempted, llm);
}

/** Request and source, or null where either cannot be made out. */
function understand(
  desk: Desk,
  dialect: Dialect,
  message: IncomingMessage,
  body: Uint8Array,
): Visit['understood'] {
  try {
    const request = dialect.parseRequest(body);
    if (request === null) return null;
    return { request, source: sourceOf(message.headers, message.socket.remoteAddress ?? '', request.params) };
  } catch (error) {
    desk.log('request-unread', { error: nameOf(error) });
    return null;
  }
}

function decide(desk: Desk, visit: Visit, llmAskedFor: boolean): Decision {
  if (!visit.understood) return { to: 'llm', reason: 'pass-through' };
  if (llmAskedFor) return { to: 'llm', reason: 'asked-for' };
  const { request } = visit.understood;
  try {
    const decision = desk.router.decide(visit.callId, request);
    const attempt = decision.to === 'specialist' ? decision.attempt : decision.compare;
    if (!attempt || policyReason(request) === null) return decision;
    return { to: 'llm', reason: 'policy', taskId: attempt.taskId };
  } catch (error) {
    desk.log('router-failed', { callId: visit.callId, error: nameOf(error) });
    return { to: 'llm', reason: 'error' };
  }
}

/** The LLM's response, for comparisons; null where there is none that is whole. */
async function serveByLlm(desk: Desk, visit: Visit, served: Served): Promise<CallResponse | null> {
  const copy = visit.understood ? copyAnswer(visit.dialect, desk.maxBodyBytes) : undefined;
  let llm: CallResponse | null = null;
  let recorded = false;
  const write = async (status: number): Promise<void> => {
    recorded = true;
    const latencyMs = desk.now() - visit.at;
    // Nobody was served where the client has gone.
    if (status !== 499) desk.onServed(served);
    await record(desk, visit, { response: llm, status, latencyMs, served });
  };
  try {
    await relay({
      upstream: desk.upstream,
      question: visit.question,
      response: visit.response,
      signal: visit.signal,
      extraHeaders: servedHeaders(visit.callId, served),
      ...(copy ? { copy } : {}),
      beforeEnd: async (status) => {
        llm = (await copy?.read()) ?? null;
        await write(status);
      },
    });
    return llm;
  } catch (error) {
    const status = error instanceof UnderstudyError ? error.status : 502;
    if (status !== 499) desk.log('upstream-failed', { callId: visit.callId, status, error: causeOf(error) });
    if (!recorded)
      await write(visit.response.headersSent && status !== 499 ? visit.response.statusCode : status);
    throw error;
  }
}

/** False where the specialist's answer is not used, and the LLM has to be asked. */
async function serveBySpecialist(
  desk: Desk,
  visit: Visit,
  attempt: Attempt,
  attempted: Attempted,
): Promise<boolean> {
  if (!attempted.used || !visit.understood || visit.signal.aborted) return false;
  const { request } = visit.understood;
  const served: Served = {
    by: attempt.specialistId,
    reason: 'confident',
    taskId: attempt.taskId,
    confidence: attempted.confidence,
  };
  try {
    const response = responseOf(attempted.answer, request);
    const rendered = renderReply(visit.dialect, { id: visit.callId, at: visit.at, request, response });
    const latencyMs = desk.now() - visit.at;
    await sendReply(visit.response, rendered, servedHeaders(visit.callId, served), async () => {
      desk.onServed(served);
      await record(desk, visit, { response, status: 200, latencyMs, served });
    });
    return true;
  } catch (error) {
    desk.log('answer-failed', { callId: visit.callId, error: nameOf(error) });
    if (visit.response.headersSent) throw error;
    return false;
  }
}

async function record(
  desk: Desk,
  visit: Visit,
  outcome: Pick<Call, 'response' | 'status' | 'latencyMs' | 'served'>,
): Promise<void> {
  if (!visit.understood || visit.understood.source.omit) return;
  const { request, source } = visit.understood;
  const call: Call = {
    id: visit.callId,
    at: visit.at,
    sessionId: source.sessionId ?? visit.callId,
    origin: '',
    tags: source.tags,
    request: withoutSender(request),
    ...outcome,
  };
  await desk.recording.record(call, source.sender);
}

/** The LLM answered; the specialist's answer is held against it. */
function compareLater(
  desk: Desk,
  visit: Visit,
  attempt: Attempt,
  known: Attempted | null,
  llm: CallResponse | null,
): void {
  if (llm === null || !visit.understood) return;
  const { request } = visit.understood;
  desk.background.start(async (signal) => {
    const attempted = known ?? (await askSpecialist(attempt, request, desk.serveTimeoutMs, signal));
    if (!signal.aborted) desk.router.compared(visit.callId, attempt, attempted, llm);
  });
}

/** The specialist answered; the LLM is asked the same bytes, and the answer is held against its own. */
function auditLater(desk: Desk, visit: Visit, attempt: Attempt, attempted: Attempted): void {
  const letGo = visit.body.keep();
  const started = desk.background.start(async (signal) => {
    const copy = copyAnswer(visit.dialect, desk.maxBodyBytes);
    await desk.upstream
      .ask(
        visit.question,
        {
          onHead: (head) => copy.begin(head),
          onData: (chunk) => {
            copy.push(chunk);
            return undefined;
          },
        },
        signal,
      )
      .finally(letGo);
    const llm = await copy.read();
    if (llm !== null) desk.router.compared(visit.callId, attempt, attempted, llm);
  });
  if (!started) letGo();
}

function llmServed(reason: LlmReason, taskId?: string, confidence?: number): Served {
  return {
    by: 'llm',
    reason,
    ...(taskId === undefined ? {} : { taskId }),
    ...(confidence === undefined ? {} : { confidence }),
  };
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

/** An error's kind, which unlike its message never quotes a payload. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

function causeOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
}
