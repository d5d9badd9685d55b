/**
 * OpenAI's functions of before November 2023, which fine-tuning files still hold: `functions`, `function_call` and the
 * role `function` become tools, tool calls and tool messages, so that one kind of call is learnt.
 */
import { isObject, type Json, type JsonObject } from '../../core/json.ts';

/** The request body with tools in place of functions; the same object where there are none. */
export function withTools(body: JsonObject): JsonObject {
  const messages = Array.isArray(body.messages) ? messagesWithTools(body.messages) : body.messages;
  if (messages === body.messages && !('functions' in body) && !('function_call' in body)) return body;
  const { functions, function_call: choice, ...rest } = body;
  const tools = [
    ...(Array.isArray(rest.tools) ? rest.tools : []),
    ...(Array.isArray(functions) ? functions.map((each) => ({ type: 'function', function: each })) : []),
  ];
  return {
    ...rest,
    ...(messages === undefined ? {} : { messages }),
    ...(tools.length > 0 ? { tools } : {}),
    ...(choice === undefined || choice === null || 'tool_choice' in rest
      ? {}
      : { tool_choice: isObject(choice) ? { type: 'function', function: choice } : choice }),
  };
}

/** The messages with tool calls in place of function calls; the same array where there are none. */
export function messagesWithTools(messages: Json[]): Json[] {
  if (!messages.some(isLegacy)) return messages;
  // The results name their function alone: each belongs to the latest call.
  let lastId = '';
  return messages.map((message, i) => {
    if (!isObject(message)) return message;
    if (message.role === 'function') {
      const { name: _, ...rest } = message;
      return { ...rest, role: 'tool', tool_call_id: lastId };
    }
    if (!isObject(message.function_call)) return message;
    lastId = `function_${i}`;
    return messageWithCall(message, lastId);
  });
}

/** The completion with tool calls in place of function calls. */
export function withToolCalls(completion: JsonObject): JsonObject {
  if (!Array.isArray(completion.choices)) return completion;
  const isCall = (choice: Json): boolean =>
    isObject(choice) && isObject(choice.message) && isObject(choice.message.function_call);
  if (!completion.choices.some(isCall)) return completion;
  return {
    ...completion,
    choices: completion.choices.map((choice) =>
      isObject(choice) && isObject(choice.message) && isObject(choice.message.function_call)
        ? {
            ...choice,
            message: messageWithCall(choice.message, 'function_0'),
            ...(choice.finish_reason === 'function_call' ? { finish_reason: 'tool_calls' } : {}),
          }
        : choice,
    ),
  };
}

function isLegacy(message: Json): boolean {
  return isObject(message) && (message.role === 'function' || isObject(message.function_call));
}

function messageWithCall(message: JsonObject, id: string): JsonObject {
  const { function_call: call, ...rest } = message;
  if (!isObject(call) || (Array.isArray(rest.tool_calls) && rest.tool_calls.length > 0)) return rest;
  return { ...rest, tool_calls: [{ id, type: 'function', function: call }] };
}
