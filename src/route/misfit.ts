/**
 * Whether an answer keeps to what the request demands of its form: length, tools, JSON, stop sequences.
 * Does not: judge schemas and labels (check.ts) or quality.
 */
import { type Answer, renderAnswer } from '../core/answer.ts';
import type { CallRequest } from '../core/call.ts';
import { tokenLimit } from '../core/demands.ts';
import { isObject, type Json } from '../core/json.ts';
import { namedTool } from '../core/policy.ts';
import { estimateTokens } from '../core/tokens.ts';

const MAX_STOPS = 64;

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
    // Anthropic takes a tool call back only with the thought before it, which must be its own.
    if (isObject(params.thinking) && params.thinking.type === 'enabled')
      return 'a tool call without the thought that has to stand before it';
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

function stopsOf(stop: Json | undefined): string[] {
  const stops = Array.isArray(stop) ? stop : [stop];
  return stops.filter((item): item is string => typeof item === 'string' && item !== '');
}
