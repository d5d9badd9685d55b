/**
 * Which calls a specialist must not serve whatever it knows, and whether an answer keeps to what the request
 * demands of its form. Pure; works on any dialect's calls.
 * Does not: judge schemas and labels (route/check) or quality, or what depends on the task (core/demands).
 */
import { type Answer, renderAnswer } from '../core/answer.ts';
import type { CallRequest } from '../core/call.ts';
import { tokenLimit } from '../core/demands.ts';
import { isObject, type Json } from '../core/json.ts';
import { estimateTokens } from '../core/tokens.ts';

export { estimateTokens };

/** Params that ask for something a specialist cannot give, unless their value says "no". */
const BEYOND_US = [
  'functions',
  'function_call',
  'audio',
  'web_search_options',
  'search_settings',
  'moderation',
  'tools',
] as const;

const MAX_STOPS = 64;

/** Why the LLM must serve this request, in a few words; null where a specialist may. */
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
  const beyond = BEYOND_US.find((name) => isAsked(params[name]));
  return beyond === undefined ? null : `${beyond} asked for`;
}

/** Why this answer must not be given to this request, in a few words; null where it may. */
export function misfit(request: CallRequest, answer: Answer): string | null {
  const { toolChoice, params } = request;
  const text = renderAnswer(answer);
  const limit = tokenLimit(request);
  const fits = answer.kind === 'text' && answer.fits === true;
  if (limit !== null && !fits && estimateTokens(text) > limit) return 'longer than is allowed';
  if (answer.kind === 'tool') {
    if (toolChoice === 'none' || request.tools.length === 0) return 'a tool call where none is allowed';
    const named = namedTool(toolChoice);
    if (named !== null && answer.uses.some((use) => use.name !== named)) return `another tool than ${named}`;
    const known = new Set(request.tools.map((tool) => tool.name));
    if (answer.uses.some((use) => !known.has(use.name))) return 'a tool that was not offered';
    if (params.parallel_tool_calls === false && answer.uses.length > 1)
      return 'several tool calls where one is allowed';
    return null;
  }
  if (toolChoice === 'required' || toolChoice === 'any' || namedTool(toolChoice) !== null)
    return 'no tool call where one is demanded';
  const format = request.responseFormat?.type;
  if ((format === 'json_object' || format === 'json_schema') && answer.kind !== 'json')
    return 'no JSON where it is demanded';
  const stops = stopsOf(params.stop);
  // Each is a pass over the answer; OpenAI takes four.
  if (stops.length > MAX_STOPS) return 'more stop sequences than are looked for';
  if (stops.some((stop) => text.includes(stop))) return 'a stop sequence in the answer';
  return null;
}

/** The function that tool_choice names; null for 'auto' and the like. */
function namedTool(toolChoice: Json | undefined): string | null {
  if (!isObject(toolChoice) || !isObject(toolChoice.function)) return null;
  return typeof toolChoice.function.name === 'string' ? toolChoice.function.name : null;
}

function stopsOf(stop: Json | undefined): string[] {
  const stops = Array.isArray(stop) ? stop : [stop];
  return stops.filter((item): item is string => typeof item === 'string' && item !== '');
}

function isAsked(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === false || value === 0 || value === 'none')
    return false;
  return !Array.isArray(value) || value.length > 0;
}
