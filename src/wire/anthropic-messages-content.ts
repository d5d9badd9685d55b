/**
 * Anthropic Messages, the content of a message: text, or blocks, as messages of a call. A model's own thinking is left out;
 * blocks that are neither text nor a client's tool (images, documents, tools that the provider runs, texts with citations)
 * count as media: what has such parts is kept, but neither learnt nor served.
 */
import type { Message, Role, ToolCall } from '../core/call.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../core/json.ts';

/** A Map, since any text may come as a role. */
const ROLES: ReadonlyMap<string, Role> = new Map([
  ['user', 'user'],
  ['assistant', 'assistant'],
  ['system', 'system'],
]);
const THINKING: ReadonlySet<string> = new Set(['thinking', 'redacted_thinking']);

/** What stands in a content, whosever it is. */
interface Content {
  readonly texts: string[];
  readonly calls: ToolCall[];
  readonly results: Message[];
  media: number;
}

/**
 * One message of a request: several where it holds results of tools, which stand before what else it says. Null where its
 * role is none of Anthropic's.
 */
export function messagesFromJson(raw: Json): Message[] | null {
  if (!isObject(raw) || typeof raw.role !== 'string') return null;
  const role = ROLES.get(raw.role);
  if (role === undefined) return null;
  const content = contentFromJson(raw.content);
  const own = messageOf(role, content);
  const isEmpty = own.content === '' && own.toolCalls === undefined && own.mediaParts === undefined;
  return content.results.length > 0 && isEmpty ? content.results : [...content.results, own];
}

/** The message of an answer. */
export function answerFromBlocks(blocks: readonly Json[]): Message {
  return messageOf('assistant', contentFromJson([...blocks]));
}

/** The system prompt's text and its parts that are none; null where there is no prompt. */
export function systemFromJson(raw: Json | undefined): Message | null {
  const system = messageOf('system', contentFromJson(raw));
  return system.content === '' && system.mediaParts === undefined ? null : system;
}

function messageOf(role: Role, { texts, calls, media }: Content): Message {
  return {
    role,
    content: texts.join('\n'),
    ...(calls.length > 0 ? { toolCalls: calls } : {}),
    ...(media > 0 ? { mediaParts: media } : {}),
  };
}

function contentFromJson(raw: Json | undefined): Content {
  const content: Content = { texts: [], calls: [], results: [], media: 0 };
  if (typeof raw === 'string') content.texts.push(raw);
  for (const block of Array.isArray(raw) ? raw : []) addBlock(content, block);
  return content;
}

function addBlock(content: Content, block: Json): void {
  if (!isObject(block)) {
    content.media++;
    return;
  }
  const type = typeof block.type === 'string' ? block.type : '';
  if (type === 'text' && typeof block.text === 'string') {
    content.texts.push(block.text);
    if (Array.isArray(block.citations) && block.citations.length > 0) content.media++;
  } else if (type === 'tool_use') content.calls.push(callFromJson(block));
  else if (type === 'tool_result') content.results.push(resultFromJson(block));
  else if (!THINKING.has(type)) content.media++;
}

function callFromJson({ id, name, input }: JsonObject): ToolCall {
  return {
    id: typeof id === 'string' ? id : '',
    name: typeof name === 'string' ? name : '',
    arguments:
      typeof input === 'string' ? input : input === undefined || input === null ? '' : JSON.stringify(input),
  };
}

function resultFromJson({ tool_use_id: id, content }: JsonObject): Message {
  const { texts, media, calls, results } = contentFromJson(content);
  const all = media + calls.length + results.length;
  return {
    role: 'tool',
    content: texts.join('\n'),
    toolCallId: typeof id === 'string' ? id : '',
    ...(all > 0 ? { mediaParts: all } : {}),
  };
}

/** The blocks that say a message: text where there is any (Anthropic takes no empty ones back), then its tool calls. */
export function blocksOf({ content, toolCalls = [] }: Message): JsonObject[] {
  return [
    ...(content === '' ? [] : [{ type: 'text', text: content }]),
    ...toolCalls.map((call) => ({
      type: 'tool_use',
      id: call.id,
      name: call.name,
      input: inputOf(call.arguments),
    })),
  ];
}

/** The arguments as the object that Anthropic has for them; what is none stays a text. */
function inputOf(text: string): Json {
  if (text.trim() === '') return {};
  const value = parseJson(text);
  return isObject(value) ? value : text;
}
