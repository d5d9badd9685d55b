/**
 * One call through the gateway: read, decide, let the specialist or the LLM answer, write it down, end.
 * Whatever of ours fails on the way, the bytes the agent sent still go upstream. Bodies are read here only where they are
 * small; large ones go to the LLM, and to the recorder as they are: no call may hold up another.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Call, CallRequest, CallResponse, LlmReason, Served } from '../core/call.ts';
import { messageOf, UnderstudyError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import type { JsonObject } from '../core/json.ts';
import type { Attempt, Attempted, Decision, RawBody, RawExchange, Router } from '../core/online.ts';
import type { Dialect } from '../wire/dialect.ts';
import { callOf, contentCoding, decodeBody } from '../wire/exchange.ts';
import { policyReason } from '../wire/policy.ts';
import { type Source, sourceOf } from '../wire/source.ts';
import type { Background } from './background.ts';
import type { HeldBody } from './body.ts';
import type { Recording } from './bounded-recorder.ts';
import type { Budget } from './budget.ts';
import { upstreamHeaders } from './headers.ts';
import type { OneATurn } from './one-a-turn.ts';
import { relay } from './relay.ts';
import { type AnswerCopy, copyAnswer } from './response-capture.ts';
import { askSpecialist, renderReply, responseOf, sendReply } from './serve.ts';
import type { Question, Upstream } from './upstream.ts';

/** Tells what happened, never what was said: no payload, no key. */
export type Log = (event: string, detail: JsonObject) => void;

/** Requests up to this size (decoded) are read on the event loop, which takes it a few milliseconds at most. */
const MAX_READ_BYTES = 128 * 1024;
/** Smaller ones are read at once. */
const MAX_UNSHARED_BYTES = 8 * 1024;
/** Exchanges up to this size are redacted and sealed on the event loop as well. */
const MAX_RECORDED_HERE_BYTES = 64 * 1024;
/** Responses up to this size are read there where a specialist's answer is compared with them. */
const MAX_COMPARED_BYTES = 128 * 1024;

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
  /** What copies of responses are counted against, beside the bodies. */
  readonly memory: Pick<Budget, 'spare'>;
  /** Shares the event loop among requests that take long to read. */
  readonly reading: OneATurn;
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
  readonly message: IncomingMessage;
  readonly raw: RawBody;
  /** 'large': not read here. 'foreign': no request of the dialect; passed through, not captured. */
  readonly understood: Understood | 'large' | 'foreign';
}

interface Understood {
  readonly request: CallRequest;
  readonly source: Source;
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
  const raw = { chunks: [body.bytes], encoding: contentCoding(message.headers['content-encoding']) };
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
    message,
    raw,
    understood: await understand(desk, dialect, message, raw),
  };
  const decision = decide(desk, visit, message.headers['x-understudy-route'] === 'llm');
  if (decision.to === 'llm') {
    const { reason, taskId, compare } = decision;
    const llm = await serveByLlm(desk, visit, llmServed(reason, taskId), compare !== undefined);
    if (compare) compareLater(desk, visit, compare, null, llm);
    return;
  }
  const { attempt, audit } = decision;
  const { request } = visit.understood as Understood;
  const attempted = await askSpecialist(attempt, request, desk.serveTimeoutMs, signal);
  if (await serveBySpecialist(desk, visit, attempt, attempted)) {
    if (audit) auditLater(desk, visit, attempt, attempted);
    return;
  }
  const served = llmServed(attempted.used ? 'error' : attempted.reason, attempt.taskId, attempted.confidence);
  const llm = await serveByLlm(desk, visit, served, audit);
  if (audit) compareLater(desk, visit, attempt, attempted, llm);
}

async function understand(
  desk: Desk,
  dialect: Dialect,
  message: IncomingMessage,
  raw: RawBody,
): Promise<Visit['understood']> {
  try {
    const bytes = await decodeBody(raw, MAX_READ_BYTES);
    if (bytes === null) return 'large';
    // Many at once are read one a turn, and whatever else is due comes in between.
    if (bytes.length > MAX_UNSHARED_BYTES) await desk.reading.next();
    const request = dialect.parseRequest(bytes);
    if (request === null) return 'foreign';
    return { request, source: sourceOf(message.headers, message.socket.remoteAddress ?? '', request.params) };
  } catch (error) {
    desk.log('request-unread', { error: nameOf(error) });
    return 'foreign';
  }
}

function decide(desk: Desk, visit: Visit, llmAskedFor: boolean): Decision {
  if (visit.understood === 'foreign') return { to: 'llm', reason: 'pass-through' };
  if (visit.understood === 'large') return { to: 'llm', reason: 'too-large' };
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

/**
 * The LLM's response, for comparisons; null where there is none that is whole.
 * @param compared Whether the response is needed, if it is not very long.
 */
async function serveByLlm(
  desk: Desk,
  visit: Visit,
  served: Served,
  compared: boolean,
): Promise<CallResponse | null> {
  const copy =
    visit.understood === 'foreign' ? undefined : copyAnswer(visit.dialect, desk.maxBodyBytes, desk.memory);
  let llm: CallResponse | null = null;
  let recorded = false;
  const write = async (status: number, brokenStatus = status): Promise<void> => {
    recorded = true;
    const latencyMs = desk.now() - visit.at;
    // Decoded, that is: a short body may be a long one, compressed.
    llm = (await copy?.read(compared ? MAX_COMPARED_BYTES : MAX_RECORDED_HERE_BYTES)) ?? null;
    // Nobody was served where the client has gone before the last word.
    if (brokenStatus !== 499 || llm !== null) desk.onServed(served);
    await record(desk, visit, copy, { response: llm, status, brokenStatus, latencyMs, served });
  };
  try {
    await relay({
      upstream: desk.upstream,
      question: visit.question,
      response: visit.response,
      signal: visit.signal,
      extraHeaders: servedHeaders(visit.callId, served),
      ...(copy ? { copy } : {}),
      beforeEnd: write,
    });
    return llm;
  } catch (error) {
    const status = error instanceof UnderstudyError ? error.status : 502;
    if (status !== 499) desk.log('upstream-failed', { callId: visit.callId, status, error: causeOf(error) });
    // A response that has said its last word is whole, even if the client or the upstream breaks off after it.
    const seen = visit.response.headersSent ? visit.response.statusCode : status;
    if (!recorded) await write(copy && copy.status > 0 ? copy.status : seen, status === 499 ? status : seen);
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
  if (!attempted.used || typeof visit.understood === 'string' || visit.signal.aborted) return false;
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
      await record(desk, visit, null, { response, status: 200, brokenStatus: 200, latencyMs, served });
    });
    return true;
  } catch (error) {
    desk.log('answer-failed', { callId: visit.callId, error: nameOf(error) });
    if (visit.response.headersSent) throw error;
    return false;
  }
}

/** What came of a call. `response` is null where there was none, or where it was not read here. */
type Outcome = Pick<Call, 'response' | 'status' | 'latencyMs' | 'served'> & Pick<RawExchange, 'brokenStatus'>;

/** Writes the call down: here where all of it is small, else as the bytes that it was. */
async function record(
  desk: Desk,
  visit: Visit,
  copy: AnswerCopy | null | undefined,
  outcome: Outcome,
): Promise<void> {
  const { understood, callId: id, at } = visit;
  if (understood === 'foreign') return;
  if (copy?.lost) {
    desk.recording.lose();
    return;
  }
  const { response, status, brokenStatus, latencyMs, served } = outcome;
  const bytes = visit.body.bytes.length + (copy?.size ?? 0);
  const settled = response !== null || !copy?.body();
  const exchange = (): RawExchange => ({
    ...{ id, at, status, brokenStatus, latencyMs, served },
    dialect: visit.dialect.name,
    headers: visit.message.headers,
    address: visit.message.socket.remoteAddress ?? '',
    request: visit.raw,
    response: copy ? copy.body() : bodyOf(visit, response),
  });
  // Held until the recorder has a copy, or has done or dropped it.
  const releaseBody = visit.body.keep();
  const release = (): void => {
    releaseBody();
    copy?.release();
  };
  if (understood === 'large' || !settled || bytes > MAX_RECORDED_HERE_BYTES) {
    await desk.recording.keep((recorder) => recorder.recordExchange(exchange(), release), release);
    return;
  }
  const { request, source } = understood;
  if (source.omit) return release();
  const call = callOf({ id, at, status, brokenStatus, latencyMs, served }, { request, source, response });
  await desk.recording.keep((recorder) => recorder.record(call, source.sender, exchange, release), release);
}

/** A specialist's answer as the body that it would be. */
function bodyOf(
  { dialect, callId, at, understood }: Visit,
  response: CallResponse | null,
): RawExchange['response'] {
  if (response === null || typeof understood === 'string') return null;
  const { request } = understood;
  const text = dialect.renderResponse({ id: callId, at, request, response });
  return { chunks: [Buffer.from(text)], encoding: '', events: false };
}

/** The LLM answered; the specialist's answer is held against it. */
function compareLater(
  desk: Desk,
  visit: Visit,
  attempt: Attempt,
  known: Attempted | null,
  llm: CallResponse | null,
): void {
  if (llm === null || typeof visit.understood === 'string') return;
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
    const copy = copyAnswer(visit.dialect, MAX_COMPARED_BYTES);
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
    const llm = await copy.read(MAX_COMPARED_BYTES);
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
