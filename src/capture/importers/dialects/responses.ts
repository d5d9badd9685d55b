/**
 * OpenAI's Responses API as logs hold it, in the form of chat completions: `input` of items or text, `instructions`,
 * flat tools, `text.format`, answers of items, whole or as an event stream.
 */
import { isObject, type Json, type JsonObject, parseJson } from '../../../core/json.ts';
import { sseParser } from '../../../wire/sse.ts';
import { numberOf, textOf } from '../fields.ts';

export function isResponsesBody(body: JsonObject): boolean {
  return !('messages' in body) && (typeof body.input === 'string' || Array.isArray(body.input));
}

/** Whether a request continues what the provider stored, so that it does not hold the whole conversation. */
export function isPartial(body: JsonObject): boolean {
  return ['previous_response_id', 'conversation', 'prompt'].some(
    (name) => isResponsesBody(body) && body[name] !== undefined && body[name] !== null,
  );
}

/** The body of a chat completion; null where it does not hold the whole conversation, or an item is none of a chat. */
export function chatFromResponses(body: JsonObject): JsonObject | null {
  const { input, instructions, tools, text, max_output_tokens: most, tool_choice: choice, ...rest } = body;
  if (isPartial(body)) return null;
  const messages = messagesOf(input);
  if (messages === null) return null;
  const format = isObject(text) && isObject(text.format) ? text.format : {};
  return {
    ...rest,
    messages:
      typeof instructions === 'string' && instructions !== ''
        ? [{ role: 'system', content: instructions }, ...messages]
        : messages,
    ...(Array.isArray(tools) && tools.length > 0 ? { tools: tools.map(toolOf) } : {}),
    ...(choice === undefined || choice === null ? {} : { tool_choice: choiceOf(choice) }),
    ...(most === undefined || most === null ? {} : { max_completion_tokens: most }),
    ...(format.type === undefined || format.type === 'text' ? {} : { response_format: formatOf(format) }),
  };
}

/** Parts of an item's content, by the type that chat completions have for them. */
const PARTS: Readonly<Record<string, string>> = {
  input_text: 'text',
  output_text: 'text',
  summary_text: 'text',
};

function contentOf(content: Json | undefined): Json {
  if (!Array.isArray(content)) return content ?? '';
  return content.map((part) =>
    isObject(part) && typeof part.type === 'string' && Object.hasOwn(PARTS, part.type)
      ? { type: 'text', text: part.text ?? '' }
      : part,
  );
}

function messagesOf(input: Json | undefined): Json[] | null {
  if (typeof input === 'string') return [{ role: 'user', content: input }];
  if (!Array.isArray(input)) return null;
  const messages: JsonObject[] = [];
  for (const item of input) {
    if (!isObject(item)) return null;
    const last = messages.at(-1);
    if (typeof item.role === 'string') messages.push({ role: item.role, content: contentOf(item.content) });
    else if (item.type === 'function_call') {
      const call = callOf(item);
      // Calls made together stand one after the other, behind the text that came with them.
      if (last?.role === 'assistant')
        last.tool_calls = [...(Array.isArray(last.tool_calls) ? last.tool_calls : []), call];
      else messages.push({ role: 'assistant', content: '', tool_calls: [call] });
    } else if (item.type === 'function_call_output') {
      messages.push({ role: 'tool', tool_call_id: item.call_id ?? '', content: contentOf(item.output) });
    } else if (item.type !== 'reasoning') return null;
  }
  return messages;
}

function callOf(item: JsonObject): JsonObject {
  return {
    id: item.call_id ?? item.id ?? '',
    type: 'function',
    function: { name: item.name ?? '', arguments: item.arguments ?? '' },
  };
}

/** Tools that the provider runs itself stay what they are. */
function toolOf(tool: Json): Json {
  if (!isObject(tool) || tool.type !== 'function' || isObject(tool.function)) return tool;
  const { type: _, ...definition } = tool;
  return { type: 'function', function: definition };
}

function choiceOf(choice: Json): Json {
  return isObject(choice) && choice.type === 'function' && typeof choice.name === 'string'
    ? { type: 'function', function: { name: choice.name } }
    : choice;
}

function formatOf(format: JsonObject): JsonObject {
  const { type, ...schema } = format;
  return type === 'json_schema' ? { type, json_schema: schema } : format;
}

/** The message of an answer as a chat message, how it ended, and its usage; null for what is no such answer. */
export function answerFromResponses(
  answer: JsonObject,
): { readonly message: JsonObject; readonly finishReason: string | null; readonly usage: JsonObject } | null {
  if (!Array.isArray(answer.output) || answer.status === 'failed' || answer.status === 'in_progress')
    return null;
  const texts: string[] = [];
  const calls: Json[] = [];
  let refusal: string | null = null;
  for (const item of answer.output) {
    if (!isObject(item)) continue;
    if (item.type === 'function_call') calls.push(callOf(item));
    if (item.type !== 'message' || !Array.isArray(item.content)) continue;
    for (const part of item.content) {
      if (!isObject(part)) continue;
      if (typeof part.text === 'string') texts.push(part.text);
      refusal = textOf(part, ['refusal']) ?? refusal;
    }
  }
  const usage = isObject(answer.usage) ? answer.usage : {};
  const details = isObject(usage.input_tokens_details) ? usage.input_tokens_details : {};
  const incomplete = isObject(answer.incomplete_details)
    ? textOf(answer.incomplete_details, ['reason'])
    : null;
  return {
    message: {
      role: 'assistant',
      content: texts.join('\n'),
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
      ...(refusal === null ? {} : { refusal }),
    },
    finishReason:
      answer.status === 'incomplete' ? (incomplete === 'content_filter' ? incomplete : 'length') : null,
    usage: {
      prompt_tokens: numberOf(usage, ['input_tokens']) ?? 0,
      completion_tokens: numberOf(usage, ['output_tokens']) ?? 0,
      prompt_tokens_details: { cached_tokens: numberOf(details, ['cached_tokens']) ?? 0 },
    },
  };
}

/** The whole answer, which the last event of a stream holds; null where it is not this API's, or broke off. */
export function answerFromResponsesStream(text: string): JsonObject | null {
  const parser = sseParser();
  for (const { data } of [...parser.push(Buffer.from(text)), ...parser.end()]) {
    const event = parseJson(data);
    if (!isObject(event) || !isObject(event.response)) continue;
    if (event.type === 'response.completed' || event.type === 'response.incomplete') return event.response;
  }
  return null;
}
