/** OpenAI chat completions, said by us: a completion, its event stream, an error. */
import type { CallResponse, Usage } from '../core/call.ts';
import { isObject, type JsonObject } from '../core/json.ts';
import type { Reply, WireError } from './dialect.ts';
import { toolCallsToJson, type WireToolCall } from './openai-chat-tools.ts';

/** A chat.completion, with the model's name as the client asked for it. */
export function renderOpenaiResponse(reply: Reply): string {
  const { response } = reply;
  return JSON.stringify({
    ...head(reply, 'chat.completion'),
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: contentOf(response),
          refusal: null,
          ...(response.message.toolCalls ? { tool_calls: toolCallsOf(response) } : {}),
        },
        logprobs: null,
        finish_reason: response.finishReason,
      },
    ],
    ...(response.usage ? { usage: usageOf(response.usage) } : {}),
  });
}

/** chat.completion.chunk events: role, content or tool calls, finish, usage if asked for, [DONE]. */
export function renderOpenaiStream(reply: Reply): string[] {
  const { request, response } = reply;
  const options = request.params.stream_options;
  const withUsage = isObject(options) && options.include_usage === true;
  const chunk = (choices: JsonObject[], usage: Usage | null = null): string =>
    event(
      JSON.stringify({
        ...head(reply, 'chat.completion.chunk'),
        choices,
        ...(withUsage ? { usage: usage ? usageOf(usage) : null } : {}),
      }),
    );
  const delta = (fields: JsonObject, finish: string | null = null): string =>
    chunk([{ index: 0, delta: fields, logprobs: null, finish_reason: finish }]);
  const events: string[] = [];
  const content = contentOf(response);
  events.push(delta({ role: 'assistant', content: content === null ? null : '', refusal: null }));
  if (content !== null && content !== '') events.push(delta({ content }));
  toolCallsOf(response).forEach((call, index) => {
    if (call.type === 'custom') {
      events.push(delta({ tool_calls: [{ index, ...call }] }));
      return;
    }
    const { function: used, ...rest } = call;
    events.push(delta({ tool_calls: [{ index, ...rest, function: { name: used.name, arguments: '' } }] }));
    if (used.arguments !== '')
      events.push(delta({ tool_calls: [{ index, function: { arguments: used.arguments } }] }));
  });
  events.push(delta({}, response.finishReason));
  if (withUsage && response.usage) events.push(chunk([], response.usage));
  events.push(event('[DONE]'));
  return events;
}

/** {error: {message, type, param, code}}, the shape that OpenAI's clients turn into their error classes. */
export function renderOpenaiError(error: WireError): string {
  return JSON.stringify({
    error: {
      message: error.message,
      type: error.status < 500 ? 'invalid_request_error' : 'server_error',
      param: null,
      code: error.code,
    },
  });
}

function head(reply: Reply, object: string): JsonObject {
  return {
    id: `chatcmpl-${reply.id}`,
    object,
    created: Math.floor(reply.at / 1000),
    model: reply.request.model,
  };
}

/** Null beside tool calls without text, as OpenAI does. */
function contentOf({ message }: CallResponse): string | null {
  return message.content === '' && message.toolCalls ? null : message.content;
}

function toolCallsOf({ message }: CallResponse): WireToolCall[] {
  return toolCallsToJson(message.toolCalls ?? []);
}

function usageOf(usage: Usage): JsonObject {
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    total_tokens: usage.promptTokens + usage.completionTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedTokens },
  };
}

function event(data: string): string {
  return `data: ${data}\n\n`;
}
