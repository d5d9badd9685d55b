/**
 * Stored calls, opened: the inverse of sealer.ts. Parts that calls share are opened once where
 * these calls are near each other in time, and shared in memory. The words of an application stand where their surrogates were (site-words.ts).
 * Does not: check whether the reader may; who opens payloads for a person records it (core/store Event).
 */

import { boundedCache } from '../core/bounded-cache.ts';
import type { Call, CallResponse, Message, Tool } from '../core/call.ts';
import type { JsonObject } from '../core/json.ts';
import type { CallFilter, CallStore, FeedbackStore, StoredCall } from '../core/store.ts';
import { openFeedback } from './feedback.ts';
import type { CallAbout, RequestSettings } from './parts.ts';
import type { RedactContext } from './redact/redact.ts';
import { redactMessage, redactTools } from './redact/redact-call.ts';
import { redactSchema } from './redact/redact-schema.ts';
import { placesOf, restorer } from './site-words.ts';
import type { Vault } from './vault.ts';

/** Memory for what is opened and may be held by further calls, in characters. */
const SHARED_CHARACTERS = 32 * 1024 * 1024;

/**
 * The stored calls with their payloads and what feedback says of their outputs, oldest first, opened as they are asked for: what is read and let go takes no
 * memory. Calls that cannot be opened (their day's key is gone) are left out and counted.
 * @param onErased Is told at the end how many were left out, if any.
 * @throws as the store.
 */
export async function* readCalls(
  store: Pick<CallStore, 'calls' | 'parts' | 'vocabulary'> & Pick<FeedbackStore, 'feedbackOn'>,
  vault: Pick<Vault, 'ring'>,
  context: RedactContext,
  filter?: CallFilter,
  onErased?: (count: number) => void,
): AsyncGenerator<Call> {
  const restoreFor = restorers(await store.vocabulary(), context);
  const before = boundedCache<{ readonly value: unknown; readonly characters: number }>(
    SHARED_CHARACTERS,
    ({ characters }) => characters + 200,
  );
  let erased = 0;
  for await (const batch of store.calls(filter)) {
    /** Of this batch: none of it may be forgotten before its calls are made. */
    const opened = new Map<string, unknown>();
    const missing: string[] = [];
    for (const id of new Set(batch.flatMap(partIds))) {
      const known = before.get(id);
      if (known === undefined) missing.push(id);
      else opened.set(id, known.value);
    }
    const parts = [...(await store.parts(missing)).values()];
    const said = await store.feedbackOn(batch.map(({ id }) => id));
    const ring = await vault.ring([...parts, ...said.map(({ content }) => content)].map(({ day }) => day));
    const feedback = openFeedback(said, ring);
    for (const part of parts) {
      const text = ring.open(part);
      if (text === null) continue;
      const value: unknown = JSON.parse(text);
      opened.set(part.id, value);
      before.set(part.id, { value, characters: text.length });
    }
    for (const call of batch) {
      const whole = openCall(call, opened);
      const known = feedback.get(call.id);
      const { site } = (opened.get(call.aboutPart) ?? {}) as Partial<CallAbout>;
      if (whole) yield restoreFor(site, known ? { ...whole, feedback: known } : whole);
      else erased++;
    }
  }
  if (erased > 0) onErased?.(erased);
}

function partIds({ aboutPart, requestParts, responsePart }: StoredCall): string[] {
  return [aboutPart, ...requestParts, ...(responsePart === null ? [] : [responsePart])];
}

function openCall(stored: StoredCall, opened: ReadonlyMap<string, unknown>): Call | null {
  const [settingsId = '', toolsId = '', ...messageIds] = stored.requestParts;
  if (partIds(stored).some((id) => !opened.has(id))) return null;
  const settings = opened.get(settingsId) as RequestSettings;
  const { model, tags } = opened.get(stored.aboutPart) as CallAbout;
  return {
    id: stored.id,
    at: stored.at,
    sessionId: stored.sessionId,
    origin: stored.origin,
    tags,
    request: {
      model,
      messages: messageIds.map((id) => opened.get(id) as Message),
      tools: opened.get(toolsId) as readonly Tool[],
      ...settings,
      stream: stored.stream,
    },
    response: stored.responsePart === null ? null : (opened.get(stored.responsePart) as CallResponse),
    status: stored.status,
    latencyMs: stored.latencyMs,
    served: stored.served,
  };
}

/** What puts a site's words back in its calls. Pieces that calls share are shared afterwards, too. */
interface SiteRestorer {
  readonly restore: (text: string) => string;
  readonly done: WeakMap<object, object>;
}

function restorers(
  vocabulary: ReadonlyMap<string, readonly string[]>,
  context: RedactContext,
): (site: string | undefined, call: Call) => Call {
  const sites = new Map<string, SiteRestorer>();
  return (site, call) => {
    const words = site === undefined ? undefined : vocabulary.get(site);
    if (site === undefined || words === undefined) return call;
    let known = sites.get(site);
    if (known === undefined) {
      known = { restore: restorer(placesOf(words), context), done: new WeakMap() };
      sites.set(site, known);
    }
    return restored(call, known);
  };
}

function restored(call: Call, { restore, done }: SiteRestorer): Call {
  const once = <T extends object>(value: T, change: (value: T) => T): T => {
    const changed = (done.get(value) as T | undefined) ?? change(value);
    done.set(value, changed);
    return changed;
  };
  const message = (value: Message): Message => once(value, (each) => redactMessage(each, restore));
  const { request, response, feedback } = call;
  return {
    ...call,
    ...(feedback?.correction
      ? { feedback: { ...feedback, correction: redactMessage(feedback.correction, restore) } }
      : {}),
    request: {
      ...request,
      messages: request.messages.map(message),
      tools: once(request.tools, (tools) => redactTools(tools, restore)),
      ...(request.responseFormat
        ? { responseFormat: redactSchema(request.responseFormat, restore) as JsonObject }
        : {}),
    },
    response: response && once(response, (each) => ({ ...each, message: message(each.message) })),
  };
}
