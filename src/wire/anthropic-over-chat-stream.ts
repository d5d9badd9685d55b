/**
 * A stream of OpenAI Chat Completions, said in Anthropic's events as it comes. Anthropic's blocks come one after another, so a
 * piece of a block that is not yet due waits until those before it are whole. Work is linear in what comes.
 */
import type { Usage } from '../core/call.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../core/json.ts';
import { event, renderAnthropicError, stopReason, usageOf } from './anthropic-messages-render.ts';
import { idOf, messageIn, toolUseId } from './anthropic-over-chat-response.ts';
import { finishOf, usageFromJson } from './openai-chat-response.ts';
import { type ToolCallDraft, toolCallCollector } from './openai-chat-tools.ts';
import { sseParser, TOO_LONG } from './sse.ts';

export interface StreamTranslator {
  /** The events that these bytes complete, as text; '' for none. */
  push(bytes: Uint8Array): string;
  /** What is left to say; of an answer that is not whole, that it failed. */
  end(): string;
}

/** A block under way. */
interface Block {
  readonly draft: ToolCallDraft | null;
  /** Of its text, or its tool's arguments, what has not been said. */
  pieces: string[];
  isBegun: boolean;
}

/** @param estimate Usage where the server tells none, for an answer's number of characters. */
export function anthropicStreamFromChat(
  id: string,
  estimate: (answerCharacters: number) => Usage,
): StreamTranslator {
  const parser = sseParser();
  const tools = toolCallCollector();
  const blockOf = new Map<ToolCallDraft, { readonly block: Block; taken: number }>();
  /** The first is the one that is being said. */
  const blocks: Block[] = [];
  let out: string[] = [];
  let index = 0;
  let characters = 0;
  let usage: Usage | null = null;
  let finish: string | null = null;
  let refused = false;
  let isStarted = false;
  let isOver = false;

  const say = (type: string, fields: JsonObject): void => {
    out.push(event(type, fields));
  };
  const start = (value: JsonObject): void => {
    isStarted = true;
    const { input_tokens, ...others } = usageOf({ usage: null });
    say('message_start', {
      message: {
        id: `msg_${idOf(value, id)}`,
        type: 'message',
        role: 'assistant',
        model: typeof value.model === 'string' ? value.model : '',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: input_tokens ?? 0, ...others },
      },
    });
    say('ping', {});
  };
  const addText = (text: string): void => {
    if (text === '') return;
    characters += text.length;
    const last = blocks.at(-1);
    if (last && last.draft === null) last.pieces.push(text);
    else blocks.push({ draft: null, pieces: [text], isBegun: false });
  };
  const takeTools = (): void => {
    for (const draft of tools.drafts()) {
      if (draft.name === '') continue;
      let known = blockOf.get(draft);
      if (!known) {
        known = { block: { draft, pieces: [], isBegun: false }, taken: 0 };
        blockOf.set(draft, known);
        blocks.push(known.block);
      }
      for (; known.taken < draft.texts.length; known.taken++) {
        const text = draft.texts[known.taken] ?? '';
        characters += text.length;
        if (text !== '') known.block.pieces.push(text);
      }
    }
  };
  const begin = (block: Block): void => {
    block.isBegun = true;
    const { draft } = block;
    const content =
      draft === null
        ? { type: 'text', text: '' }
        : { type: 'tool_use', id: toolUseId(draft.id, id, index), name: draft.name, input: {} };
    say('content_block_start', { index, content_block: content });
  };
  /** Says what is due. @param isLast Nothing more is to come. */
  const pump = (isLast: boolean): void => {
    for (let block = blocks[0]; block !== undefined; block = blocks[0]) {
      // An id may come after the name, in servers that cut calls to pieces; it has to be said first.
      if (
        !block.isBegun &&
        (isLast || block.draft === null || block.draft.id !== '' || block.pieces.length > 0)
      )
        begin(block);
      if (!block.isBegun) return;
      const delta = block.pieces.join('');
      block.pieces = [];
      if (delta !== '')
        say('content_block_delta', {
          index,
          delta:
            block.draft === null
              ? { type: 'text_delta', text: delta }
              : { type: 'input_json_delta', partial_json: delta },
        });
      const isWhole = isLast || (blocks.length > 1 && (block.draft === null || block.draft.whole));
      if (!isWhole) return;
      say('content_block_stop', { index });
      index++;
      blocks.shift();
    }
  };
  const fail = (message: string): void => {
    if (isOver) return;
    isOver = true;
    out.push(`event: error\ndata: ${renderAnthropicError({ status: 500, message, code: 'upstream' })}\n\n`);
  };
  const finishUp = (): void => {
    if (isOver) return;
    // Nothing says that the answer is whole, so nothing is made up.
    if (!isStarted || finish === null) {
      fail('The upstream ended its answer early.');
      return;
    }
    isOver = true;
    // The older function calls, which have no place among the pieces.
    const used = tools.calls().filter(({ name }) => name !== '');
    if (blockOf.size === 0)
      for (const { id: given, name, arguments: text } of used)
        blocks.push({
          draft: { id: given, name, texts: [], whole: true },
          pieces: text === '' ? [] : [text],
          isBegun: false,
        });
    pump(true);
    const message = {
      role: 'assistant' as const,
      content: '',
      ...(used.length > 0 ? { toolCalls: used } : {}),
    };
    const finishReason = refused ? 'content_filter' : finish;
    say('message_delta', {
      delta: { stop_reason: stopReason({ finishReason, message }), stop_sequence: null },
      usage: usageOf({ usage: usage ?? estimate(characters) }),
    });
    say('message_stop', {});
  };

  const onValue = (value: JsonObject): void => {
    if (value.error !== undefined && value.error !== null) {
      fail(messageIn(value.error) ?? 'The upstream failed.');
      return;
    }
    usage =
      usageFromJson(value.usage) ??
      (isObject(value.x_groq) ? usageFromJson(value.x_groq.usage) : null) ??
      usage;
    const choice = firstOf(value.choices);
    if (choice === null || finish !== null) return;
    if (!isStarted) start(value);
    const { delta } = choice;
    if (isObject(delta)) {
      if (typeof delta.content === 'string') addText(delta.content);
      if (typeof delta.refusal === 'string' && delta.refusal !== '') {
        refused = true;
        addText(delta.refusal);
      }
      tools.add(delta);
      takeTools();
    }
    finish = finishOf(choice);
    pump(finish !== null && blockOf.size > 0);
  };
  const take = (events: ReturnType<typeof parser.push>): string => {
    for (const { type, data } of events) {
      if (type === TOO_LONG) fail('An event of the upstream is too long.');
      if (isOver) continue;
      if (data.trim() === '[DONE]') finishUp();
      else {
        const value = parseJson(data);
        if (isObject(value)) onValue(value);
      }
    }
    const text = out.join('');
    out = [];
    return text;
  };
  return {
    push: (bytes) => take(parser.push(bytes)),
    end: () => {
      const text = take(parser.end());
      finishUp();
      const rest = out.join('');
      out = [];
      return text + rest;
    },
  };
}

/** The first choice; null where the event has none, as those with the usage. */
function firstOf(choices: Json | undefined): JsonObject | null {
  if (!Array.isArray(choices)) return null;
  return choices.filter(isObject).find(({ index }) => index === 0 || index === undefined) ?? null;
}
