/**
 * Messages as other libraries write them, in OpenAI's form: LangChain (serialised, as dictionaries or tuples),
 * OpenTelemetry and Gemini parts, content blocks of Anthropic and of the Vercel AI SDK, ShareGPT turns.
 * Does not: read messages that are in OpenAI's form already any further (wire/ does).
 */
import { isObject, type Json, type JsonObject, plainText } from '../../core/json.ts';
import { opened, textOf } from './fields.ts';

/** Roles and message types in use, by OpenAI's role. */
const ROLES: Readonly<Record<string, string>> = {
  human: 'user',
  user: 'user',
  input: 'user',
  ai: 'assistant',
  assistant: 'assistant',
  model: 'assistant',
  gpt: 'assistant',
  bot: 'assistant',
  chatgpt: 'assistant',
  system: 'system',
  developer: 'system',
  tool: 'tool',
  function: 'tool',
  observation: 'tool',
};

export function roleOf(name: string): string | null {
  const plain = name.replace(/Message(?:Chunk)?$/, '').toLowerCase();
  return Object.hasOwn(ROLES, plain) ? (ROLES[plain] ?? null) : null;
}

/** A list of messages in OpenAI's form, or null where the value is no list of messages, or one is not understood. */
export function messagesOf(value: Json | undefined): Json[] | null {
  const given = opened(value);
  if (!Array.isArray(given)) return null;
  // LangChain batches prompts: a list of lists, of which a call has one.
  const [first] = given;
  const batched =
    given.length === 1 && Array.isArray(first) && first.every((each) => typeof each === 'object');
  const list = batched ? first : given;
  if (list.length === 0) return null;
  const messages: Json[] = [];
  for (const item of list) {
    const read = messageOf(item);
    if (read === null) return null;
    messages.push(...read);
  }
  return messages;
}

/**
 * One message in OpenAI's form; several where it holds the results of several tools; null where it is none.
 */
export function messageOf(value: Json | undefined): JsonObject[] | null {
  // ["human", "text"]
  if (Array.isArray(value) && value.length === 2 && typeof value[0] === 'string') {
    return messageOf({ role: value[0], content: value[1] ?? null });
  }
  if (!isObject(value)) return null;
  if (isObject(value.kwargs) && Array.isArray(value.id)) {
    const kind = plainText(value.id.at(-1));
    return langchainMessage(value.kwargs, textOf(value.kwargs, ['role']) ?? kind);
  }
  if (isObject(value.data) && typeof value.type === 'string') {
    return langchainMessage(value.data, textOf(value.data, ['role']) ?? value.type);
  }
  if (typeof value.role === 'string') {
    const role = roleOf(value.role);
    if (role === null) return null;
    if (Array.isArray(value.parts)) return partsMessages(role, value, value.parts);
    if (Array.isArray(value.content) && value.content.some(isBlock)) {
      return partsMessages(role, value, value.content);
    }
    return [value.role === role || value.role === 'function' ? value : { ...value, role }];
  }
  if (typeof value.type === 'string' && roleOf(value.type) !== null && 'content' in value) {
    return langchainMessage(value, value.type);
  }
  return null;
}

/** A LangChain message's fields, its kind being its class or type ('HumanMessage', 'ai', …). */
function langchainMessage(fields: JsonObject, kind: string): JsonObject[] | null {
  const role = roleOf(kind);
  if (role === null) return null;
  const extra = isObject(fields.additional_kwargs) ? fields.additional_kwargs : {};
  const calls =
    Array.isArray(fields.tool_calls) && fields.tool_calls.length > 0 ? fields.tool_calls : extra.tool_calls;
  const message: JsonObject = {
    role,
    content: fields.content ?? '',
    ...(Array.isArray(calls) && calls.length > 0 ? { tool_calls: calls.map(toolCall) } : {}),
    ...(isObject(extra.function_call) && !calls ? { function_call: extra.function_call } : {}),
    ...(typeof fields.tool_call_id === 'string' ? { tool_call_id: fields.tool_call_id } : {}),
  };
  if (Array.isArray(message.content) && message.content.some(isBlock)) {
    return partsMessages(role, message, message.content);
  }
  return [message];
}

/** A tool call in OpenAI's form, from {name, args | arguments | input, id}. */
export function toolCall(call: Json): Json {
  if (!isObject(call) || isObject(call.function)) return call;
  const given = call.arguments ?? call.args ?? call.input ?? {};
  return {
    id: textOf(call, ['id', 'toolCallId', 'tool_call_id']) ?? '',
    type: 'function',
    function: {
      name: textOf(call, ['name', 'toolName', 'tool_name']) ?? '',
      arguments: typeof given === 'string' ? given : JSON.stringify(given),
    },
  };
}

const CALLS = new Set(['tool_call', 'tool-call', 'tool_use', 'function_call']);
const RESULTS = new Set(['tool_call_response', 'tool-result', 'tool_result', 'function_response']);
/** A model's own thinking is no part of its answer. */
const THOUGHTS = new Set(['reasoning', 'thinking', 'redacted_thinking']);

/** Whether a part of a content is of a form that OpenAI does not have. */
export function isBlock(part: Json): boolean {
  return (
    isObject(part) &&
    (typeof part.type === 'string'
      ? CALLS.has(part.type) || RESULTS.has(part.type) || THOUGHTS.has(part.type)
      : 'functionCall' in part || 'functionResponse' in part)
  );
}

/** A message made of parts: texts and media stay its content, calls become tool calls, results become messages. */
function partsMessages(role: string, message: JsonObject, parts: readonly Json[]): JsonObject[] {
  const content: Json[] = [];
  const calls: Json[] = Array.isArray(message.tool_calls) ? [...message.tool_calls] : [];
  const results: JsonObject[] = [];
  for (const part of parts) {
    if (typeof part === 'string') content.push({ type: 'text', text: part });
    if (!isObject(part)) continue;
    const type = typeof part.type === 'string' ? part.type : '';
    const text = textOf(part, ['content', 'text']);
    if (THOUGHTS.has(type)) continue;
    // Its calls may stand in both places.
    if (CALLS.has(type)) {
      if (!Array.isArray(message.tool_calls)) calls.push(toolCall(part));
    } else if (isObject(part.functionCall)) calls.push(toolCall(part.functionCall));
    else if (RESULTS.has(type)) results.push(toolResult(part));
    else if (isObject(part.functionResponse)) results.push(toolResult(part.functionResponse));
    else if ((type === 'text' || type === '') && text !== null) content.push({ type: 'text', text });
    else if (type !== 'text') content.push(part);
  }
  const texts = content.every((part) => isObject(part) && part.type === 'text');
  const own: JsonObject = {
    role,
    content: texts ? content.map((part) => (isObject(part) ? plainText(part.text) : '')).join('\n') : content,
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
    ...(typeof message.tool_call_id === 'string' ? { tool_call_id: message.tool_call_id } : {}),
  };
  if (results.length === 0) return [own];
  return content.length > 0 && role !== 'tool' ? [...results, own] : results;
}

function toolResult(part: JsonObject): JsonObject {
  const given = opened(part.response ?? part.result ?? part.output ?? part.content) ?? '';
  const texts =
    Array.isArray(given) && given.every((each) => isObject(each) && typeof each.text === 'string');
  return {
    role: 'tool',
    tool_call_id: textOf(part, ['id', 'tool_use_id', 'toolCallId', 'tool_call_id']) ?? '',
    content:
      typeof given === 'string'
        ? given
        : texts
          ? given.map((each) => (isObject(each) ? plainText(each.text) : '')).join('\n')
          : JSON.stringify(given),
  };
}
