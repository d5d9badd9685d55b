/**
 * OpenAI Responses, the items of an input or an output, as messages of a call. Reasoning is left out. What is neither a
 * message nor a function's call or result (tools that OpenAI runs, images, files) counts as media of the assistant's or
 * user's message: what has such parts is kept, but neither learnt nor served.
 */
import type { Message, Role, ToolCall } from '../core/call.ts';
import { isObject, type Json, type JsonObject } from '../core/json.ts';

/** A Map, since any text may come as a role. */
const ROLES: ReadonlyMap<string, Role> = new Map([
  ['system', 'system'],
  ['developer', 'system'],
  ['user', 'user'],
  ['assistant', 'assistant'],
]);
const TEXTS: ReadonlySet<string> = new Set(['input_text', 'output_text', 'text', 'summary_text']);

/** What stands in one content. */
interface Content {
  readonly text: string;
  readonly media: number;
  /** The model's own refusal, which is its text. */
  readonly isRefusal: boolean;
  /** In what form they came, if the caller asked for them. */
  readonly logprobs: readonly Json[];
}

/** What the items of an answer come to. */
export interface Output {
  readonly message: Message;
  readonly isRefusal: boolean;
  readonly logprobs: readonly Json[];
}

/** Messages of an input; null where it is none, or an item's role is unknown. */
export function messagesFromInput(input: Json | undefined): Message[] | null {
  if (typeof input === 'string') return [{ role: 'user', content: input }];
  if (!Array.isArray(input)) return null;
  const messages: Draft[] = [];
  for (const item of input) {
    if (!addItem(messages, item)) return null;
  }
  return messages.map(finished);
}

/** Whether an input names items that the provider has stored, and so does not hold the whole conversation. */
export function refersToItems(input: Json | undefined): boolean {
  return Array.isArray(input) && input.some((item) => isObject(item) && item.type === 'item_reference');
}

/** A message in the making: calls made together stand as items one after the other. */
interface Draft {
  readonly role: Role;
  readonly texts: string[];
  readonly calls: ToolCall[];
  media: number;
  readonly toolCallId?: string;
}

/** False where the item is none of a conversation. */
function addItem(messages: Draft[], item: Json): boolean {
  if (!isObject(item)) return false;
  const { type, role: given } = item;
  if (typeof given === 'string' && (type === undefined || type === 'message')) {
    const role = ROLES.get(given);
    if (role === undefined) return false;
    const { text, media } = contentFromJson(item.content);
    messages.push({ role, texts: [text], calls: [], media });
    return true;
  }
  if (type === 'reasoning' || type === 'item_reference') return true;
  if (type === 'function_call_output' || type === 'custom_tool_call_output') {
    const { text, media } = contentFromJson(item.output);
    const id = typeof item.call_id === 'string' ? item.call_id : '';
    messages.push({ role: 'tool', texts: [text], calls: [], media, toolCallId: id });
    return true;
  }
  if (typeof type !== 'string') return false;
  const last = messages.at(-1);
  const own: Draft =
    last?.role === 'assistant' ? last : { role: 'assistant', texts: [], calls: [], media: 0 };
  if (own !== last) messages.push(own);
  const call = callFromItem(item);
  if (call) own.calls.push(call);
  else own.media++;
  return true;
}

function finished({ role, texts, calls, media, toolCallId }: Draft): Message {
  return {
    role,
    content: texts.join('\n'),
    ...(calls.length > 0 ? { toolCalls: calls } : {}),
    ...(toolCallId === undefined ? {} : { toolCallId }),
    ...(media > 0 ? { mediaParts: media } : {}),
  };
}

/** The message that the items of an answer come to. */
export function messageFromOutput(items: readonly Json[]): Output {
  const draft: Draft = { role: 'assistant', texts: [], calls: [], media: 0 };
  const logprobs: Json[] = [];
  let isRefusal = false;
  for (const item of items) {
    if (!isObject(item) || item.type === 'reasoning') continue;
    if (item.type === 'message') {
      const content = contentFromJson(item.content);
      draft.texts.push(content.text);
      draft.media += content.media;
      isRefusal ||= content.isRefusal;
      for (const token of content.logprobs) logprobs.push(token);
      continue;
    }
    const call = callFromItem(item);
    if (call) draft.calls.push(call);
    else draft.media++;
  }
  return { message: finished(draft), isRefusal, logprobs };
}

function callFromItem({
  type,
  id,
  call_id: callId,
  name,
  arguments: given,
  input,
}: JsonObject): ToolCall | null {
  if (type !== 'function_call' && type !== 'custom_tool_call') return null;
  const isCustom = type === 'custom_tool_call';
  const text = isCustom ? input : given;
  return {
    id: typeof callId === 'string' ? callId : typeof id === 'string' ? id : '',
    name: typeof name === 'string' ? name : '',
    arguments:
      typeof text === 'string' ? text : text === undefined || text === null ? '' : JSON.stringify(text),
    ...(isCustom ? { custom: true } : {}),
  };
}

function contentFromJson(raw: Json | undefined): Content {
  if (typeof raw === 'string') return { text: raw, media: 0, isRefusal: false, logprobs: [] };
  const texts: string[] = [];
  const logprobs: Json[] = [];
  let media = 0;
  let isRefusal = false;
  for (const part of Array.isArray(raw) ? raw : []) {
    if (!isObject(part) || typeof part.type !== 'string') media++;
    else if (TEXTS.has(part.type) && typeof part.text === 'string') {
      texts.push(part.text);
      // A text with sources is one that no specialist can give.
      if (Array.isArray(part.annotations) && part.annotations.length > 0) media++;
      if (Array.isArray(part.logprobs)) for (const token of part.logprobs) logprobs.push(token);
    } else if (part.type === 'refusal' && typeof part.refusal === 'string') {
      texts.push(part.refusal);
      isRefusal = true;
    } else if (part.type !== 'reasoning_text') media++;
  }
  return { text: texts.join('\n'), media, isRefusal, logprobs };
}

/** The items that say a message, whole. `id` without its prefix. */
export function itemsOf({ content, toolCalls = [] }: Message, id: string): JsonObject[] {
  const isSilent = content === '' && toolCalls.length > 0;
  return [
    ...(isSilent ? [] : [messageItem(`msg_${id}`, content)]),
    ...toolCalls.map((call, i): JsonObject => {
      const names = { call_id: call.id, name: call.name };
      return call.custom
        ? {
            type: 'custom_tool_call',
            id: `ctc_${id}_${i}`,
            status: 'completed',
            ...names,
            input: call.arguments,
          }
        : {
            type: 'function_call',
            id: `fc_${id}_${i}`,
            status: 'completed',
            ...names,
            arguments: call.arguments,
          };
    }),
  ];
}

function messageItem(id: string, text: string): JsonObject {
  return {
    type: 'message',
    id,
    status: 'completed',
    role: 'assistant',
    content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
  };
}
