/**
 * Stored calls, opened: the inverse of sealer.ts. Parts that many calls share are opened once and shared in memory.
 * Does not: check whether the reader may; who opens payloads for a person records it (core/store Event).
 */
import type { Call, CallResponse, Message, Tool } from '../core/call.ts';
import type { CallFilter, Store, StoredCall } from '../core/store.ts';
import type { RequestSettings } from './sealer.ts';
import type { Vault } from './vault.ts';

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
  filter?: CallFilter,
  onErased?: (count: number) => void,
): Call[] {
  const opened = new Map<string, unknown>();
  const calls: Call[] = [];
  let erased = 0;
  const stored = store.calls(filter);
  for (let at = 0; at < stored.length; at += BATCH) {
    const batch = stored.slice(at, at + BATCH);
    const wanted = new Set(
      batch.flatMap((call) => [
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
      if (whole) calls.push(whole);
      else erased++;
    }
  }
  if (erased > 0) onErased?.(erased);
  return calls;
}

function openCall(stored: StoredCall, opened: ReadonlyMap<string, unknown>): Call | null {
  const [settingsId = '', toolsId = '', ...messageIds] = stored.requestParts;
  const needed = [
    settingsId,
    toolsId,
    ...messageIds,
    ...(stored.responsePart === null ? [] : [stored.responsePart]),
  ];
  if (needed.some((id) => !opened.has(id))) return null;
  const settings = opened.get(settingsId) as RequestSettings;
  return {
    id: stored.id,
    at: stored.at,
    sessionId: stored.sessionId,
    origin: stored.origin,
    tags: stored.tags,
    request: {
      model: stored.model,
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
