/**
 * A whole conversation, as training files hold it: each assistant message that is to be learnt is one call, with what
 * stands before it as its request. All of them are one session.
 */
import type { Message } from '../../core/call.ts';
import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import { messageFromJson, requestFromJson } from '../../wire/openai-chat-request.ts';
import { UNKNOWN_MODEL } from './exchange.ts';
import { textOf } from './fields.ts';
import type { ImportedCall, ReadRecord } from './importer.ts';
import { messagesWithTools, withTools } from './legacy.ts';

/** What is known about all of its calls. */
type Facts = Pick<ImportedCall, 'at' | 'sessionId' | 'tags'>;

/**
 * The calls of a conversation.
 * @param body `messages` in OpenAI's form (an assistant message of `weight` 0 is not learnt), and what goes with every
 *   request: model, tools, settings.
 */
export function conversation(facts: Facts, body: JsonObject): ReadRecord {
  if (!Array.isArray(body.messages)) return { skipped: 'no messages' };
  const { messages: given, ...rest } = body;
  const raw = messagesWithTools(given as Json[]);
  const messages: Message[] = [];
  for (const item of raw) {
    const message = messageFromJson(item);
    if (message === null) return { skipped: 'a message without a known role' };
    messages.push(message);
  }
  const model = textOf(body, ['model']) ?? UNKNOWN_MODEL;
  // The settings and tools are the same for all of the conversation's calls.
  const frame = requestFromJson(withTools({ ...rest, model, messages: [{ role: 'user', content: '' }] }));
  if (frame === null) return { skipped: 'not a chat request' };
  const calls = messages.flatMap((message, i): ImportedCall[] => {
    const item = raw[i];
    if (message.role !== 'assistant' || i === 0 || (isObject(item) && item.weight === 0)) return [];
    const finishReason = message.toolCalls ? 'tool_calls' : 'stop';
    return [
      {
        ...facts,
        request: { ...frame, messages: messages.slice(0, i) },
        response: { model, message, finishReason, usage: null },
        status: 200,
        latencyMs: 0,
      },
    ];
  });
  return calls.length > 0 ? { calls } : { skipped: 'no assistant message to learn' };
}
