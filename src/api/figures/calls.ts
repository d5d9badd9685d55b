/** Calls a page at a time, one of them with what is known about it, and its payload for who may read it. */
import { readCalls } from '../../capture/read.ts';
import type { Call, Message, Served } from '../../core/call.ts';
import { UnderstudyError } from '../../core/errors.ts';
import type { CallListFilter } from '../../core/figures.ts';
import { canonicalJson, type Json } from '../../core/json.ts';
import type { StoredCall } from '../../core/store.ts';
import type { Task } from '../../core/task.ts';
import type { CallDetail, CallList, CallRow } from '../schemas/calls.ts';
import type { Payload, PayloadMessage } from '../schemas/payload.ts';
import { auditOf, storedCall } from './explained.ts';
import type { FigureSources } from './sources.ts';

/** The kind of event that records the opening of a payload; its subject is the call. */
export const PAYLOAD_READ = 'payload-read';
/** Openings that are shown. */
const MAX_OPENINGS = 20;

export async function callList(
  sources: FigureSources,
  asked: Omit<CallListFilter, 'before'> & { readonly cursor?: string | undefined },
): Promise<CallList> {
  const { cursor, limit, ...filter } = asked;
  const before = cursor === undefined ? {} : { before: cursorOf(cursor) };
  // One more than is shown tells whether there is a next page.
  const found = await sources.store.listCalls({ ...filter, ...before, limit: limit + 1 });
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    calls: await rowsOf(sources, page),
    next: found.length > limit && last ? `${last.at}.${last.id}` : null,
  };
}

/** @throws UnderstudyError 'bad-input' for what no page gave. */
function cursorOf(text: string): { readonly at: number; readonly id: string } {
  const [, at, id] = /^(\d{1,16})\.(.{1,128})$/.exec(text) ?? [];
  if (at !== undefined && id !== undefined) return { at: Number(at), id };
  throw new UnderstudyError('bad-input', 'The cursor is none that a page of calls gave.', {
    hint: 'Give `next` of the page before, as it is.',
    status: 400,
  });
}

async function rowsOf({ store, models }: FigureSources, calls: readonly StoredCall[]): Promise<CallRow[]> {
  const names = await models.of(calls.map(({ aboutPart }) => aboutPart));
  const tasks: readonly Task[] = await store.tasks();
  return calls.map((call) => {
    const { by, reason, taskId, confidence } = call.served;
    return {
      id: call.id,
      at: call.at,
      taskId: taskId ?? null,
      taskName: tasks.find(({ id }) => id === taskId)?.name ?? null,
      servedBy: by === 'llm' ? 'llm' : 'specialist',
      specialistId: by === 'llm' ? null : by,
      reason,
      confidence: confidence ?? null,
      model: names.get(call.aboutPart) ?? null,
      status: call.status,
      stream: call.stream,
      latencyMs: call.latencyMs,
      promptTokens: call.promptTokens,
      completionTokens: call.completionTokens,
      cachedTokens: call.cachedTokens,
    };
  });
}

/** @throws UnderstudyError 'not-found'. */
export async function callDetail(sources: FigureSources, id: string): Promise<CallDetail> {
  const { store } = sources;
  const stored = await storedCall(store, id);
  const [call] = await rowsOf(sources, [stored]);
  let audit: CallDetail['audit'] = null;
  for (const deployment of await store.deployments())
    if (audit === null && deployment.taskId === stored.served.taskId)
      audit = await auditOf(store, deployment.id, id);
  const openings = await store.listEvents({ kind: PAYLOAD_READ, subject: id, limit: MAX_OPENINGS });
  return {
    call: call!,
    audit,
    feedback: (await store.feedbackOn([id])).length,
    openings: openings.map(({ at, detail }) => ({ at, by: String(detail.by ?? '') })),
  };
}

/**
 * The texts of a call. Who calls this has checked the reader's role and has put the opening on record.
 * @throws UnderstudyError 'not-found' for a call that is not stored, or whose day was erased.
 */
export async function payloadOf({ store, vault, context }: FigureSources, id: string): Promise<Payload> {
  const { at } = await storedCall(store, id);
  const beside: Call[] = await Array.fromAsync(readCalls(store, vault, context, { since: at, until: at }));
  const call = beside.find((each) => each.id === id);
  if (!call)
    throw new UnderstudyError('not-found', `The texts of call ${id} were erased.`, {
      hint: 'Its day’s data key was deleted; the numbers stay until `understudy erase` has gone through.',
      status: 410,
    });
  const asked = canonicalJson(call.request.messages as unknown as Json);
  // The answer to an audit is a call of its own, with the time and the request of the one that it checks.
  const audit =
    call.served.by === 'llm'
      ? undefined
      : beside.find(
          (each) =>
            each.served.reason === ('audit' satisfies Served['reason']) &&
            canonicalJson(each.request.messages as unknown as Json) === asked,
        );
  return {
    callId: id,
    model: call.request.model,
    messages: call.request.messages.map(messageView),
    tools: call.request.tools.map(({ name }) => name),
    responseFormat: call.request.responseFormat ? JSON.stringify(call.request.responseFormat, null, 2) : null,
    answer: call.response && messageView(call.response.message),
    llmAnswer: audit?.response ? messageView(audit.response.message) : null,
    correction: call.feedback?.correction ? messageView(call.feedback.correction) : null,
    correct: call.feedback?.correct ?? null,
    redacted:
      'As it is stored: personal data was replaced by made-up values of the same kind before it was kept.',
  };
}

function messageView({ role, content, toolCalls = [] }: Message): PayloadMessage {
  return {
    role,
    content,
    toolCalls: toolCalls.map(({ name, arguments: given }) => ({ name, arguments: given })),
  };
}
