/** Redaction of a call: all its texts under the same names, so that what an answer copies it still copies. */
import type { CallRequest, CallResponse, Message, Tool } from '../../core/call.ts';
import { isObject, type Json } from '../../core/json.ts';
import { namesOf } from './redact.ts';

/** Fields of a request that say who sent it; they become pseudonyms. */
const SENDER_FIELDS: ReadonlySet<string> = new Set(['user', 'safety_identifier']);

/** The names found in the messages of a call, request and response. System prompts are left out: they are the
 * agent's own words, and a name in an example there must not be hunted for in the conversation. */
export function namesOfCall(
  request: CallRequest,
  response: CallResponse | null,
  find: (text: string) => readonly string[] = namesOf,
): string[] {
  const names = new Set<string>();
  for (const message of response ? [...request.messages, response.message] : request.messages) {
    if (message.role === 'system') continue;
    for (const text of [message.content, ...(message.toolCalls ?? []).map((call) => call.arguments)]) {
      if (text.length > 2) for (const name of find(text)) names.add(name);
    }
  }
  return [...names];
}

/** The message with each of its texts passed through `redact`. */
export function redactMessage(message: Message, redact: (text: string) => string): Message {
  return {
    ...message,
    content: redact(message.content),
    ...(message.toolCalls
      ? { toolCalls: message.toolCalls.map((call) => ({ ...call, arguments: redact(call.arguments) })) }
      : {}),
  };
}

/** Tools with their descriptions and schemas passed through `redact`. */
export function redactTools(tools: readonly Tool[], redact: (text: string) => string): Tool[] {
  return tools.map((tool) => ({
    name: tool.name,
    description: redact(tool.description),
    parameters: redactJson(tool.parameters, redact),
  }));
}

/** A JSON value with its strings passed through `redact`, and the sender's fields through `pseudonym`. */
export function redactJson(
  value: Json,
  redact: (text: string) => string,
  pseudonym?: (text: string) => string,
): Json {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((item) => redactJson(item, redact));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      pseudonym && SENDER_FIELDS.has(name) && typeof item === 'string' && item !== ''
        ? pseudonym(item)
        : redactJson(item, redact),
    ]),
  );
}
