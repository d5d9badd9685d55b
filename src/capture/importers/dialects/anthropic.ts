/**
 * Anthropic's messages as logs hold them, in the form of chat completions: a top-level `system`, content blocks, tools
 * with `input_schema`, answers of blocks, whole or as an event stream.
 */
import { isObject, type Json, type JsonObject, parseJson } from '../../../core/json.ts';
import { sseParser } from '../../../wire/sse.ts';
import { numberOf, textOf } from '../fields.ts';
import { isBlock, messageOf } from '../messages.ts';

/** Whether a request body is Anthropic's: by what chat completions do not have. */
export function isAnthropicBody(body: JsonObject): boolean {
  if (!Array.isArray(body.messages)) return false;
  return (
    'system' in body ||
    (Array.isArray(body.tools) && body.tools.some((tool) => isObject(tool) && 'input_schema' in tool)) ||
    body.messages.some(
      (message) => isObject(message) && Array.isArray(message.content) && message.content.some(isBlock),
    )
  );
}

/** The body of a chat completion; null where a message is not understood. */
export function chatFromAnthropic(body: JsonObject): JsonObject | null {
  const { system, messages: given, tools, tool_choice: choice, stop_sequences: stop, ...rest } = body;
  const messages: Json[] = [];
  if ((typeof system === 'string' && system !== '') || (Array.isArray(system) && system.length > 0)) {
    messages.push({ role: 'system', content: system });
  }
  for (const each of Array.isArray(given) ? given : []) {
    const read = messageOf(each);
    if (read === null) return null;
    messages.push(...read);
  }
  return {
    ...rest,
    messages,
    ...(Array.isArray(tools) ? { tools: tools.map(toolOf) } : {}),
    ...(isObject(choice) ? { tool_choice: choiceOf(choice) } : {}),
    ...(stop === undefined ? {} : { stop }),
  };
}

/** Tools that the provider runs itself have no schema, and stay what they are. */
function toolOf(tool: Json): Json {
  if (!isObject(tool) || !isObject(tool.input_schema)) return tool;
  return {
    type: 'function',
    function: {
      name: tool.name ?? '',
      ...(typeof tool.description === 'string' ? { description: tool.description } : {}),
      parameters: tool.input_schema,
    },
  };
}

function choiceOf(choice: JsonObject): Json {
  if (choice.type === 'tool') return { type: 'function', function: { name: choice.name ?? '' } };
  return choice.type === 'any' ? 'required' : (choice.type ?? 'auto');
}

/** The message of an answer as a chat message, how it ended, and its usage; null for what is no such answer. */
export function answerFromAnthropic(
  answer: JsonObject,
): { readonly message: JsonObject; readonly finishReason: string | null; readonly usage: JsonObject } | null {
  if (answer.role !== 'assistant' || !Array.isArray(answer.content) || !('stop_reason' in answer))
    return null;
  const read = messageOf({ role: 'assistant', content: answer.content });
  const message = read?.find(({ role }) => role === 'assistant');
  if (!message) return null;
  const usage = isObject(answer.usage) ? answer.usage : {};
  const cached = numberOf(usage, ['cache_read_input_tokens']) ?? 0;
  const written = numberOf(usage, ['cache_creation_input_tokens']) ?? 0;
  return {
    message,
    finishReason: textOf(answer, ['stop_reason']),
    usage: {
      // Theirs leaves out what went through the cache.
      prompt_tokens: (numberOf(usage, ['input_tokens']) ?? 0) + cached + written,
      completion_tokens: numberOf(usage, ['output_tokens']) ?? 0,
      prompt_tokens_details: { cached_tokens: cached },
    },
  };
}

/** The answer that an event stream adds up to; null where it is not Anthropic's, or broke off. */
export function answerFromAnthropicStream(text: string): JsonObject | null {
  const parser = sseParser();
  const events = [...parser.push(Buffer.from(text)), ...parser.end()];
  const blocks = new Map<number, { block: JsonObject; text: string; json: string }>();
  let answer: JsonObject | null = null;
  let ended = false;
  for (const { data } of events) {
    const event = parseJson(data);
    if (!isObject(event)) continue;
    const index = typeof event.index === 'number' ? event.index : 0;
    if (event.type === 'message_start' && isObject(event.message)) answer = { ...event.message };
    else if (event.type === 'content_block_start' && isObject(event.content_block)) {
      blocks.set(index, {
        block: event.content_block,
        text: textOf(event.content_block, ['text']) ?? '',
        json: '',
      });
    } else if (event.type === 'content_block_delta' && isObject(event.delta)) {
      const under = blocks.get(index);
      if (!under) continue;
      under.text += textOf(event.delta, ['text']) ?? '';
      under.json += textOf(event.delta, ['partial_json']) ?? '';
    } else if (event.type === 'message_delta' && isObject(event.delta) && answer) {
      answer.stop_reason = event.delta.stop_reason ?? null;
      if (isObject(event.usage))
        answer.usage = { ...(isObject(answer.usage) ? answer.usage : {}), ...event.usage };
    } else if (event.type === 'message_stop') ended = true;
  }
  if (answer === null || !ended) return null;
  const content = [...blocks.values()].map(
    ({ block, text: words, json }): Json => ({
      ...block,
      ...(block.type === 'text' ? { text: words } : {}),
      ...(json === '' ? {} : { input: parseJson(json) ?? json }),
    }),
  );
  return { ...answer, content };
}
