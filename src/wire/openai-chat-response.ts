/**
 * OpenAI chat completions, the response: JSON or an event stream to a CallResponse. Only the first choice is read.
 * A refusal is read as content cut by a filter, so that nobody learns from it.
 */
import type { CallResponse, Message, ToolCall, Usage } from '../core/call.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../core/json.ts';
import type { StreamAccumulator } from './dialect.ts';
import { alternativesOf, logprobsCollector } from './openai-chat-logprobs.ts';
import { argumentsText, contentFromJson, messageFromJson } from './openai-chat-request.ts';
import { sseParser } from './sse.ts';

/** A CallResponse, or null where the value is not a chat completion with a choice. */
export function responseFromJson(value: Json | undefined): CallResponse | null {
  if (!isObject(value)) return null;
  const choice = firstChoice(value);
  if (choice === null || !isObject(choice.message)) return null;
  const message = messageFromJson({ ...choice.message, role: 'assistant' });
  if (message === null) return null;
  const logprobs = logprobsCollector();
  logprobs.add(choice);
  const refused = typeof choice.message.refusal === 'string' && choice.message.refusal !== '';
  return {
    model: typeof value.model === 'string' ? value.model : '',
    message,
    ...alternativesOf(message, logprobs.tokens),
    finishReason: refused ? 'content_filter' : finishOf(choice),
    usage: usageFromJson(value.usage),
  };
}

/** Reads a stream of chat.completion.chunk events. */
export function openaiChatAccumulator(): StreamAccumulator {
  const parser = sseParser();
  const calls = new Map<number, { id: string; name: string; arguments: string }>();
  const logprobs = logprobsCollector();
  let model = '';
  let content = '';
  let refusal = '';
  let media = 0;
  let finishReason: string | null = null;
  let usage: Usage | null = null;
  let begun = false;
  let failed = false;

  const addToolCall = (raw: Json, place: number): void => {
    if (!isObject(raw)) return;
    const id = typeof raw.id === 'string' ? raw.id : '';
    let index = typeof raw.index === 'number' ? raw.index : place;
    // Without an index, a new id means a new call, and no id means more of the latest.
    if (typeof raw.index !== 'number' && calls.size > 0) {
      const known = id === '' ? undefined : [...calls].find(([, call]) => call.id === id)?.[0];
      index = known ?? (id === '' ? Math.max(...calls.keys()) : Math.max(...calls.keys()) + 1);
    }
    const call = calls.get(index) ?? { id: '', name: '', arguments: '' };
    calls.set(index, call);
    if (call.id === '') call.id = id;
    if (!isObject(raw.function)) return;
    if (call.name === '' && typeof raw.function.name === 'string') call.name = raw.function.name;
    call.arguments += argumentsText(raw.function.arguments);
  };

  const onData = (data: string): void => {
    const value = parseJson(data);
    if (!isObject(value)) return;
    if (isObject(value.error) || typeof value.error === 'string') failed = true;
    if (typeof value.model === 'string' && model === '') model = value.model;
    usage =
      usageFromJson(value.usage) ??
      (isObject(value.x_groq) ? usageFromJson(value.x_groq.usage) : null) ??
      usage;
    const choice = firstChoice(value);
    if (choice === null) return;
    begun = true;
    finishReason = finishOf(choice) ?? finishReason;
    logprobs.add(choice);
    const { delta } = choice;
    if (!isObject(delta)) return;
    const piece = contentFromJson(delta.content);
    content += piece.text;
    media += piece.media;
    if (typeof delta.refusal === 'string') refusal += delta.refusal;
    if (Array.isArray(delta.tool_calls)) delta.tool_calls.forEach(addToolCall);
  };

  const take = (events: ReturnType<typeof parser.push>): void => {
    for (const event of events) {
      if (event.type === 'error') failed = true;
      onData(event.data);
    }
  };

  return {
    push: (bytes) => take(parser.push(bytes)),
    end: () => {
      take(parser.end());
      if (!begun) return null;
      const toolCalls: ToolCall[] = [...calls].sort(([a], [b]) => a - b).map(([, call]) => ({ ...call }));
      const message: Message = {
        role: 'assistant',
        content: content === '' ? refusal : content,
        ...(toolCalls.length > 0 ? { toolCalls } : {}),
        ...(media > 0 ? { mediaParts: media } : {}),
      };
      return {
        model,
        message,
        ...alternativesOf(message, logprobs.tokens),
        finishReason: failed
          ? null
          : refusal !== '' && finishReason !== null
            ? 'content_filter'
            : finishReason,
        usage,
      };
    },
  };
}

function firstChoice(value: JsonObject): JsonObject | null {
  if (!Array.isArray(value.choices)) return null;
  const choice = value.choices.find(
    (item) => isObject(item) && (item.index === undefined || item.index === 0),
  );
  return isObject(choice) ? choice : null;
}

function finishOf(choice: JsonObject): string | null {
  return typeof choice.finish_reason === 'string' && choice.finish_reason !== ''
    ? choice.finish_reason
    : null;
}

function usageFromJson(raw: Json | undefined): Usage | null {
  if (!isObject(raw)) return null;
  const details = isObject(raw.prompt_tokens_details) ? raw.prompt_tokens_details : {};
  return {
    promptTokens: count(raw.prompt_tokens),
    completionTokens: count(raw.completion_tokens),
    cachedTokens: count(details.cached_tokens ?? raw.prompt_cache_hit_tokens),
  };
}

function count(raw: Json | undefined): number {
  return typeof raw === 'number' && Number.isFinite(raw) && raw > 0 ? raw : 0;
}
