/**
 * OpenAI chat completions, the response: JSON or an event stream to a CallResponse. Only one choice is read, the first.
 * A refusal is read as content cut by a filter, so that nobody learns from it.
 */
import type { CallResponse, Message, Usage } from '../core/call.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../core/json.ts';
import type { StreamAccumulator } from './dialect.ts';
import { tokenCount } from './numbers.ts';
import { alternativesOf, logprobsCollector } from './openai-chat-logprobs.ts';
import { contentFromJson, mediaBesideContent, messageFromJson } from './openai-chat-request.ts';
import { toolCallCollector } from './openai-chat-tools.ts';
import { sseParser, TOO_LONG } from './sse.ts';

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
  const choices = new Map<number, ReturnType<typeof choiceCollector>>();
  let model = '';
  let usage: Usage | null = null;
  let failed = false;

  const onData = (data: string): void => {
    const value = parseJson(data);
    if (!isObject(value)) return;
    if (isObject(value.error) || typeof value.error === 'string') failed = true;
    if (typeof value.model === 'string' && model === '') model = value.model;
    usage =
      usageFromJson(value.usage) ??
      (isObject(value.x_groq) ? usageFromJson(value.x_groq.usage) : null) ??
      usage;
    for (const [index, choice] of choicesOf(value)) {
      let collector = choices.get(index);
      if (!collector) {
        collector = choiceCollector();
        choices.set(index, collector);
      }
      collector.add(choice);
    }
  };
  const take = (events: ReturnType<typeof parser.push>): void => {
    for (const event of events) {
      if (event.type === 'error' || event.type === TOO_LONG) failed = true;
      onData(event.data);
    }
  };

  return {
    push: (bytes) => take(parser.push(bytes)),
    end: () => {
      take(parser.end());
      let first: number | null = null;
      for (const index of choices.keys()) if (first === null || index < first) first = index;
      if (first === null) return null;
      const { finishReason, ...told } = choices.get(first)!.end();
      return { model, ...told, finishReason: failed ? null : finishReason, usage };
    },
  };
}

/** Puts one choice's deltas together; work is linear in what is added. */
function choiceCollector(): {
  add(choice: JsonObject): void;
  end(): Pick<CallResponse, 'message' | 'alternatives' | 'finishReason'>;
} {
  const tools = toolCallCollector();
  const logprobs = logprobsCollector();
  const contents: string[] = [];
  const refusals: string[] = [];
  let media = 0;
  let finishReason: string | null = null;
  return {
    add: (choice) => {
      finishReason = finishOf(choice) ?? finishReason;
      logprobs.add(choice);
      const { delta } = choice;
      if (!isObject(delta)) return;
      const piece = contentFromJson(delta.content);
      contents.push(piece.text);
      media += piece.media + mediaBesideContent(delta);
      if (typeof delta.refusal === 'string') refusals.push(delta.refusal);
      tools.add(delta);
    },
    end: () => {
      const content = contents.join('');
      const refusal = refusals.join('');
      const toolCalls = tools.calls();
      const message: Message = {
        role: 'assistant',
        content: content === '' ? refusal : content,
        ...(toolCalls.length > 0 ? { toolCalls } : {}),
        ...(media > 0 ? { mediaParts: media } : {}),
      };
      return {
        message,
        ...alternativesOf(message, logprobs.tokens),
        finishReason: refusal !== '' && finishReason !== null ? 'content_filter' : finishReason,
      };
    },
  };
}

/** The choice with the lowest index: some servers count from 1, or leave the index out. */
function firstChoice(value: JsonObject): JsonObject | null {
  let first: [number, JsonObject] | null = null;
  for (const found of choicesOf(value)) if (first === null || found[0] < first[0]) first = found;
  return first?.[1] ?? null;
}

/** The choices with their index: their place, where none is told. */
function choicesOf({ choices }: JsonObject): [number, JsonObject][] {
  if (!Array.isArray(choices)) return [];
  return choices.flatMap((choice, place): [number, JsonObject][] =>
    isObject(choice) ? [[typeof choice.index === 'number' ? choice.index : place, choice]] : [],
  );
}

export function finishOf(choice: JsonObject): string | null {
  return typeof choice.finish_reason === 'string' && choice.finish_reason !== ''
    ? choice.finish_reason
    : null;
}

export function usageFromJson(raw: Json | undefined): Usage | null {
  if (!isObject(raw)) return null;
  const details = isObject(raw.prompt_tokens_details) ? raw.prompt_tokens_details : {};
  const written = isObject(raw.completion_tokens_details) ? raw.completion_tokens_details : {};
  const [prompt, completion, reasoning] = [
    tokenCount(raw.prompt_tokens),
    tokenCount(raw.completion_tokens),
    tokenCount(written.reasoning_tokens),
  ];
  // Reasoning is paid as output. OpenAI counts it among the completion's tokens; some count it beside them, as their total tells.
  const isBeside = reasoning > 0 && tokenCount(raw.total_tokens) === prompt + completion + reasoning;
  return {
    promptTokens: prompt,
    completionTokens: completion + (isBeside ? reasoning : 0),
    cachedTokens: tokenCount(details.cached_tokens ?? raw.prompt_cache_hit_tokens),
  };
}
