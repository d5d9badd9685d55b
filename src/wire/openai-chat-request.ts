/**
 * OpenAI chat completions, the request: JSON to a CallRequest. What is not understood is kept in `params` under its
 * wire name, so that nothing is lost and policy can see it.
 * The older `functions` are read as tools and stay in params too: answers to them have another form, which is not
 * written, so policy leaves such calls to the LLM.
 */
import type { CallRequest, Message, Role } from '../core/call.ts';
import { isObject, type Json, type JsonObject } from '../core/json.ts';
import {
  LEGACY_ID,
  toolCallsFromJson,
  toolCallsToJson,
  toolChoiceFromJson,
  toolsFromJson,
} from './openai-chat-tools.ts';
import { madeOnce } from './repeated-json.ts';

/** A Map, since any text may come as a role: `constructor` is a property of every object. */
const ROLES: ReadonlyMap<string, Role> = new Map([
  ['system', 'system'],
  ['developer', 'system'],
  ['user', 'user'],
  ['assistant', 'assistant'],
  ['tool', 'tool'],
  ['function', 'tool'],
]);

/** Parts of a message that are a model's own thinking, which no other model is to learn. */
const THINKING: ReadonlySet<string> = new Set([
  'thinking',
  'redacted_thinking',
  'reasoning',
  'reasoning_text',
]);

/** How the pieces of a request are read. */
interface Reading {
  readonly message: (raw: Json) => Message | null;
  readonly tools: typeof toolsFromJson;
}

const AFRESH: Reading = { message: messageFromJson, tools: toolsFromJson };

/** A CallRequest, or null where the value is not a chat request that we understand as a whole. */
export function requestFromJson(value: Json | undefined, reading: Reading = AFRESH): CallRequest | null {
  if (!isObject(value)) return null;
  const { model, messages: rawMessages, tools: _, tool_choice, response_format, stream, ...rest } = value;
  if (typeof model !== 'string' || !Array.isArray(rawMessages) || rawMessages.length === 0) return null;
  const messages: Message[] = [];
  for (const raw of rawMessages) {
    const message = reading.message(raw);
    if (message === null) return null;
    messages.push(message);
  }
  const { tools, others } = reading.tools(value);
  const toolChoice = toolChoiceFromJson(value);
  return {
    model,
    messages,
    tools,
    ...(toolChoice === undefined ? {} : { toolChoice }),
    ...(isObject(response_format) ? { responseFormat: response_format } : {}),
    stream: stream === true,
    params: others.length > 0 ? { ...rest, tools: [...others] } : rest,
  };
}

/** The same for values whose messages and tools are objects that came before: of the same objects the same is made. */
export function requestFromRepeated(): (value: Json | undefined) => CallRequest | null {
  const message = madeOnce<JsonObject, Message | null>(messageFromJson);
  const tools = madeOnce<Json[], ReturnType<typeof toolsFromJson>>((list) => toolsFromJson({ tools: list }));
  const reading: Reading = {
    message: (raw) => (isObject(raw) ? message(raw) : null),
    tools: (value) =>
      Array.isArray(value.tools) && value.functions === undefined ? tools(value.tools) : toolsFromJson(value),
  };
  return (value) => requestFromJson(value, reading);
}

/**
 * One message of a request or a response; null where its role is unknown. Fields with a model's thinking
 * (`reasoning_content`, `reasoning`, `thinking_blocks`) are left out: they are not part of what it answers.
 */
export function messageFromJson(raw: Json | undefined): Message | null {
  if (!isObject(raw) || typeof raw.role !== 'string') return null;
  const role = ROLES.get(raw.role);
  if (role === undefined) return null;
  const { text, media } = contentFromJson(raw.content);
  const all = media + mediaBesideContent(raw);
  const toolCalls = toolCallsFromJson(raw);
  const toolCallId = toolCallIdOf(raw);
  return {
    role,
    content: text === '' && typeof raw.refusal === 'string' ? raw.refusal : text,
    ...(toolCalls.length > 0 ? { toolCalls } : {}),
    ...(toolCallId === null ? {} : { toolCallId }),
    ...(all > 0 ? { mediaParts: all } : {}),
  };
}

function toolCallIdOf(raw: JsonObject): string | null {
  if (typeof raw.tool_call_id === 'string') return raw.tool_call_id;
  return raw.role === 'function' && typeof raw.name === 'string' ? LEGACY_ID + raw.name : null;
}

/** Text parts joined by a newline, and how many parts were neither text nor a model's own thinking. */
export function contentFromJson(content: Json | undefined): {
  readonly text: string;
  readonly media: number;
} {
  if (typeof content === 'string') return { text: content, media: 0 };
  if (!Array.isArray(content)) return { text: '', media: 0 };
  const texts: string[] = [];
  let media = 0;
  for (const part of content) {
    if (typeof part === 'string') texts.push(part);
    else if (isObject(part) && part.type === 'text' && typeof part.text === 'string') texts.push(part.text);
    else if (isObject(part) && part.type === 'refusal' && typeof part.refusal === 'string')
      texts.push(part.refusal);
    else if (!isObject(part) || typeof part.type !== 'string' || !THINKING.has(part.type)) media++;
  }
  return { text: texts.join('\n'), media };
}

/** Sound or pictures that an answer has beside its content: it is not empty where they are all there is. */
export function mediaBesideContent({ audio, images }: JsonObject): number {
  return (isObject(audio) ? 1 : 0) + (Array.isArray(images) ? images.length : 0);
}

/**
 * The inverse of requestFromJson, for a call that we make ourselves: an equal call, though not the same bytes.
 * Media parts are gone, so calls that had some cannot be made again.
 */
export function requestToJson(request: CallRequest): JsonObject {
  const { tools: otherTools = [], ...params } = request.params;
  // What was asked with the older fields is in params, as it was sent.
  const isLegacy = Array.isArray(params.functions);
  const functions = request.tools.map((tool) => ({
    type: 'function',
    function: { name: tool.name, description: tool.description, parameters: tool.parameters },
  }));
  const tools = [...(isLegacy ? [] : functions), ...(Array.isArray(otherTools) ? otherTools : [])];
  return {
    ...params,
    model: request.model,
    messages: request.messages.map(messageToJson),
    ...(tools.length > 0 ? { tools } : {}),
    ...(request.toolChoice === undefined || isLegacy ? {} : { tool_choice: request.toolChoice }),
    ...(request.responseFormat ? { response_format: request.responseFormat } : {}),
    ...(request.stream ? { stream: true } : {}),
  };
}

function messageToJson({ role, content, toolCalls, toolCallId }: Message): JsonObject {
  const [call] = toolCalls ?? [];
  if (call?.id.startsWith(LEGACY_ID))
    return { role, content, function_call: { name: call.name, arguments: call.arguments } };
  if (role === 'tool' && toolCallId?.startsWith(LEGACY_ID))
    return { role: 'function', name: toolCallId.slice(LEGACY_ID.length), content };
  return {
    role,
    content,
    ...(toolCalls ? { tool_calls: toolCallsToJson(toolCalls) as Json } : {}),
    ...(toolCallId === undefined ? {} : { tool_call_id: toolCallId }),
  };
}
