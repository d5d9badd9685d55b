/**
 * Which calls no specialist is asked about. One rule for the dataset (curate/), where such calls are not held back to
 * prove what they will never get, and for routing. Pure; works on any dialect's calls.
 * Does not: look at answers (route/misfit, route/check).
 */
import type { CallRequest } from './call.ts';
import { unmetDemand } from './demands.ts';
import { isObject, type Json } from './json.ts';
import type { Task } from './task.ts';

/** Params that ask for something a specialist cannot give, unless their value says "no". */
const BEYOND_US = [
  'functions',
  'function_call',
  'audio',
  'web_search_options',
  'search_settings',
  'moderation',
  'tools',
  // Of the Responses API and Anthropic's: work beside the answer, and places where the provider keeps or runs something.
  'background',
  'container',
  'context_management',
  'mcp_servers',
] as const;

/**
 * Param, made by a dialect's reader, of a request that does not hold its whole conversation: which field refers to what the
 * provider has stored. Nothing can be learnt from such a request, and no other model can answer it.
 */
export const STORED_ELSEWHERE = 'understudy_stored_elsewhere';

/** Why no specialist of the task is asked about this request, in a few words; null where one may be. */
export function whyNotAsked(task: Task, request: CallRequest): string | null {
  return policyReason(request) ?? unmetDemand(task, request);
}

/** Why the LLM must serve this request, whatever its task, in a few words; null where a specialist may. */
export function policyReason(request: CallRequest): string | null {
  const { params } = request;
  if (typeof params.n === 'number' && params.n !== 1) return 'several choices asked for';
  if (params.logprobs === true || isAsked(params.top_logprobs)) return 'log probabilities asked for';
  if (request.messages.some((message) => (message.mediaParts ?? 0) > 0)) return 'media in the messages';
  if (Array.isArray(params.modalities) && params.modalities.some((mode) => mode !== 'text'))
    return 'other output than text asked for';
  if (request.messages.at(-1)?.role === 'assistant') return 'an answer already begun';
  if (isObject(request.toolChoice) && namedTool(request.toolChoice) === null)
    return 'a choice of tools that is not understood';
  if (params[STORED_ELSEWHERE] !== undefined) return 'a conversation that the provider keeps';
  const beyond = BEYOND_US.find((name) => isAsked(params[name]));
  return beyond === undefined ? null : `${beyond} asked for`;
}

/** The function that tool_choice names; null for 'auto' and the like. */
export function namedTool(toolChoice: Json | undefined): string | null {
  if (!isObject(toolChoice) || !isObject(toolChoice.function)) return null;
  return typeof toolChoice.function.name === 'string' ? toolChoice.function.name : null;
}

function isAsked(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === false || value === 0 || value === 'none')
    return false;
  return !Array.isArray(value) || value.length > 0;
}
