/**
 * What requests demand beyond their text that a task must have been learnt under: a limit of length, biases of tokens.
 * Does not: know demands that no specialist meets, whatever its task (policy.ts).
 */
import type { CallRequest } from './call.ts';
import { contentHash } from './ids.ts';
import { isObject, type JsonObject } from './json.ts';
import { indexOfLabel } from './label.ts';
import type { Task } from './task.ts';

/** The most tokens that the caller asked for; null where it set no limit. */
export function tokenLimit({ params }: Pick<CallRequest, 'params'>): number | null {
  const limit = params.max_completion_tokens ?? params.max_tokens;
  return typeof limit === 'number' ? limit : null;
}

/** The biases by token that the caller asked for; null where there are none. */
export function logitBias({ params }: CallRequest): JsonObject | null {
  const bias = params.logit_bias;
  return isObject(bias) && Object.keys(bias).length > 0 ? bias : null;
}

export function isSameBias(a: JsonObject | null, b: JsonObject | null): boolean {
  if (a === null || b === null) return a === b;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key])
  );
}

/**
 * Why no specialist of the task may serve this request, in a few words; null where one may. Biases decide which answers
 * the LLM can give: where each of the task's calls had the same, its answers were learnt under them; else a request with
 * biases is another job. Where calls of its place in the code continue what the provider has stored, each answer has to be
 * the provider's, unless the request says that it is not stored.
 */
export function unmetDemand(task: Task, request: CallRequest): string | null {
  if (!isSameBias(logitBias(request), task.logitBias ?? null))
    return 'other token biases than those that the task was learnt under';
  // A specialist's answer is not stored at the provider, so that a later call that refers to it would fail.
  if (task.isContinued && request.params.store !== false) return 'an answer that later calls refer to';
  return null;
}

/** Whether the LLM has given this label, or text, under as narrow a limit: no estimate of its length is then needed. */
export function isKnownToFit(task: Task, text: string, limit: number): boolean {
  const ofLabel = task.labelLimits?.[indexOfLabel(task.labels, text)] ?? null;
  const least = ofLabel ?? (task.textLimits ? (task.textLimits[limitKey(text)] ?? null) : null);
  return least !== null && limit >= least;
}

/** By which a text's limit is found in `Task.textLimits`. */
export const limitKey = (text: string): string => contentHash(text, 16);
