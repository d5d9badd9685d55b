/** OpenAI Responses, said by us: a response and its event stream. Errors have the shape that chat completions have. */
import type { Usage } from '../core/call.ts';
import { endingOf } from '../core/ending.ts';
import { isObject, type Json, type JsonObject } from '../core/json.ts';
import type { Reply } from './dialect.ts';
import { itemsOf } from './openai-responses-items.ts';
import { echoOf } from './openai-responses-request.ts';

/** A response, with the model's name as the client asked for it. */
export function renderResponsesResponse(reply: Reply): string {
  return JSON.stringify(ended(reply));
}

/**
 * response.created and .in_progress; for each item that it is added, its content, and that it is done; response.completed
 * or .incomplete with all of it. There is no [DONE].
 */
export function renderResponsesStream(reply: Reply): string[] {
  const events: string[] = [];
  const say = (type: string, fields: JsonObject): void => {
    const numbered = { type, sequence_number: events.length, ...fields };
    events.push(`event: ${type}\ndata: ${JSON.stringify(numbered)}\n\n`);
  };
  const begun = { ...head(reply), status: 'in_progress', output: [], usage: null };
  say('response.created', { response: begun });
  say('response.in_progress', { response: begun });
  itemsOf(reply.response.message, reply.id).forEach((item, output_index) => {
    sayItem(say, item, output_index);
  });
  const whole = ended(reply);
  say(whole.status === 'incomplete' ? 'response.incomplete' : 'response.completed', { response: whole });
  return events;
}

type Say = (type: string, fields: JsonObject) => void;

function sayItem(say: Say, item: JsonObject, output_index: number): void {
  const at = { item_id: item.id ?? '', output_index };
  const [part] = Array.isArray(item.content) ? item.content : [];
  say('response.output_item.added', { output_index, item: { ...item, ...emptied(item) } });
  if (isObject(part)) {
    const inPart = { ...at, content_index: 0 };
    say('response.content_part.added', { ...inPart, part: { ...part, text: '' } });
    const text = part.text ?? '';
    if (text !== '') say('response.output_text.delta', { ...inPart, delta: text, logprobs: [] });
    say('response.output_text.done', { ...inPart, text, logprobs: [] });
    say('response.content_part.done', { ...inPart, part });
  } else if (item.type === 'function_call') {
    const given = item.arguments ?? '';
    say('response.function_call_arguments.delta', { ...at, delta: given });
    say('response.function_call_arguments.done', { ...at, name: item.name ?? '', arguments: given });
  } else {
    say('response.custom_tool_call_input.delta', { ...at, delta: item.input ?? '' });
    say('response.custom_tool_call_input.done', { ...at, input: item.input ?? '' });
  }
  say('response.output_item.done', { output_index, item });
}

/** The item as it is before its content has come. */
function emptied(item: JsonObject): JsonObject {
  const status = 'in_progress';
  if (item.type === 'message') return { status, content: [] };
  return item.type === 'function_call' ? { status, arguments: '' } : { status, input: '' };
}

function ended(reply: Reply): JsonObject {
  const { response, id } = reply;
  const reason = incompleteReason(response.finishReason);
  return {
    ...head(reply),
    status: reason === null ? 'completed' : 'incomplete',
    incomplete_details: reason === null ? null : { reason },
    output: itemsOf(response.message, id),
    usage: response.usage ? usageOf(response.usage) : null,
  };
}

/** Why an answer is incomplete, in this API's words; null where it is not. */
function incompleteReason(finishReason: string | null): string | null {
  switch (endingOf(finishReason ?? '')) {
    case 'cut':
      return 'max_output_tokens';
    case 'filtered':
      return 'content_filter';
    default:
      return null;
  }
}

/** What a response says beside its output: the request's own settings, as the API repeats them. */
function head({ id, at, request }: Reply): JsonObject {
  const { params } = request;
  const given = (name: string, otherwise: Json): Json => params[name] ?? otherwise;
  return {
    id: `resp_${id}`,
    object: 'response',
    created_at: Math.floor(at / 1000),
    status: 'completed',
    background: false,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: given('max_completion_tokens', null),
    model: request.model,
    output: [],
    parallel_tool_calls: given('parallel_tool_calls', true),
    previous_response_id: null,
    reasoning: given('reasoning', { effort: null, summary: null }),
    store: given('store', true),
    temperature: given('temperature', 1),
    top_p: given('top_p', 1),
    truncation: given('truncation', 'disabled'),
    ...echoOf(request),
    usage: null,
    metadata: given('metadata', {}),
  };
}

function usageOf(usage: Usage): JsonObject {
  return {
    input_tokens: usage.promptTokens,
    input_tokens_details: { cached_tokens: usage.cachedTokens },
    output_tokens: usage.completionTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: usage.promptTokens + usage.completionTokens,
  };
}
