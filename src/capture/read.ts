/**
 * Stored calls, opened: the inverse of sealer.ts. Parts that many calls share are opened once and shared in memory. The
 * words of an application stand where their surrogates were (vocabulary.ts).
 * Does not: check whether the reader may; who opens payloads for a person records it (core/store Event).
 */
import type { Call, CallResponse, Message, Tool } from '../core/call.ts';
import type { JsonObject } from '../core/json.ts';
import type { CallFilter, Store, StoredCall } from '../core/store.ts';
import type { CallAbout, RequestSettings } from './parts.ts';
import type { RedactContext } from './redact/redact.ts';
import { redactJson, redactMessage, redactTools } from './redact/redact-call.ts';
import type { Vault } from './vault.ts';
import { restorer } from './vocabulary.ts';

/** Calls are opened so many at a time, to bound how many sealed parts are in memory at once. */
const BATCH = 500;

/**
 * The stored calls with their payloads, oldest first. Calls that cannot be opened (their day's key is gone) are left
 * out and counted.
 * @param onErased Is told how many were left out, if any.
 * @throws as the store.
 */
export function readCalls(
  store: Store,
  vault: Vault,
  context: RedactContext,
  filter?: CallFilter,
  onErased?: (count: number) => void,
): Call[] {
  const restoreFor = restorers(store.vocabulary(), context);
  const opened = new Map<string, unknown>();
  const calls: Call[] = [];
  let erased = 0;
  const stored = store.calls(filter);
  for (let at = 0; at < stored.length; at += BATCH) {
    const batch = stored.slice(at, at + BATCH);
    const wanted = new Set(
      batch.flatMap((call) => [
        call.aboutPart,
        ...call.requestParts,
        ...(call.responsePart === null ? [] : [call.responsePart]),
      ]),
    );
    const parts = store.parts([...wanted].filter((id) => !opened.has(id)));
    for (const part of parts.values()) {
      const text = vault.open(part);
      if (text !== null) opened.set(part.id, JSON.parse(text));
    }
    for (const call of batch) {
      const whole = openCall(call, opened);
      if (whole) calls.push(restoreFor((opened.get(call.aboutPart) as CallAbout).site, whole));
      else erased++;
    }
  }
  if (erased > 0) onErased?.(erased);
  return calls;
}

function openCall(stored: StoredCall, opened: ReadonlyMap<string, unknown>): Call | null {
  const [settingsId = '', toolsId = '', ...messageIds] = stored.requestParts;
  const needed = [
    stored.aboutPart,
    settingsId,
    toolsId,
    ...messageIds,
    ...(stored.responsePart === null ? [] : [stored.responsePart]),
  ];
  if (needed.some((id) => !opened.has(id))) return null;
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
      known = { restore: restorer(words, context), done: new WeakMap() };
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
  const { request, response } = call;
  return {
    ...call,
    request: {
      ...request,
      messages: request.messages.map(message),
      tools: once(request.tools, (tools) => redactTools(tools, restore)),
      ...(request.responseFormat
        ? { responseFormat: redactJson(request.responseFormat, restore) as JsonObject }
        : {}),
    },
    response: response && once(response, (each) => ({ ...each, message: message(each.message) })),
  };
}
