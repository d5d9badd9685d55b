/**
 * Which calls can be learnt from: those that the LLM answered, whole and with text alone.
 * Does not: look for duplicates or make splits (dataset).
 */
import { type Answer, answerOf } from '../core/answer.ts';
import type { Call } from '../core/call.ts';
import { isObject, type Json, parseJson } from '../core/json.ts';

/**
 * Why a call is of no use. specialist: a small model answered it, and must not become its own teacher. unsafe-number:
 * its answer has an integer above 2^53, which reading JSON would change unseen.
 */
export type Unusable =
  | 'failed'
  | 'broken-off'
  | 'truncated'
  | 'filtered'
  | 'media'
  | 'empty'
  | 'broken-tool-call'
  | 'unsafe-number'
  | 'specialist';

export interface Usable {
  readonly calls: readonly Call[];
  /** How many were left out, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
}

export function usableCalls(calls: readonly Call[]): Usable {
  const dropped: Record<string, number> = {};
  const usable = calls.filter((call) => {
    const reason = whyUnusable(call);
    if (reason === null) return true;
    dropped[reason] = (dropped[reason] ?? 0) + 1;
    return false;
  });
  return { calls: usable, dropped };
}

function whyUnusable(call: Call): Unusable | null {
  const { response, request } = call;
  if (call.status >= 400 || response === null) return 'failed';
  if (call.served.by !== 'llm') return 'specialist';
  if (response.finishReason === null) return 'broken-off';
  if (response.finishReason === 'length') return 'truncated';
  if (response.finishReason === 'content_filter') return 'filtered';
  if ([...request.messages, response.message].some((message) => (message.mediaParts ?? 0) > 0))
    return 'media';
  const tools = response.message.toolCalls ?? [];
  if (tools.length === 0 && response.message.content.trim() === '') return 'empty';
  if (tools.some((tool) => parseJson(tool.arguments) === undefined)) return 'broken-tool-call';
  return isSafe(valuesIn(answerOf(response))) ? null : 'unsafe-number';
}

const valuesIn = (answer: Answer): Json => {
  if (answer.kind === 'json') return answer.value;
  return answer.kind === 'tool' ? answer.uses.map((use) => use.arguments) : null;
};

function isSafe(value: Json): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value);
  if (Array.isArray(value)) return value.every(isSafe);
  return !isObject(value) || Object.values(value).every(isSafe);
}
