/**
 * A request of Anthropic's Messages API, said in OpenAI Chat Completions: for servers that speak only these. Texts, tools, their
 * results and images are carried over; what has no place there is either left out and named, where the answer is still one to
 * the request, or the whole request is refused. Pure.
 * Does not: say answers (anthropic-over-chat-response, -stream).
 */
import { isObject, type Json, type JsonObject, plainText } from '../core/json.ts';
import { choiceFromJson } from './anthropic-messages-request.ts';

export interface ChatRequest {
  readonly body: JsonObject;
  /** Fields and blocks that were left out, by their names in Anthropic's API. */
  readonly dropped: readonly string[];
}

/** Why a request cannot be said in the other API. */
class Refusal {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

/** Fields that go over as they are. */
const SAME: readonly string[] = ['temperature', 'top_p'];
/** Fields that are carried over in another form, or say what is the case anyway. */
const READ: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'max_tokens',
  'stop_sequences',
  'stream',
  'output_config',
  'output_format',
  ...SAME,
]);
/** Fields that no answer can do without: servers, files and containers at Anthropic. */
const NEEDED: ReadonlySet<string> = new Set(['mcp_servers', 'container']);

/**
 * @param maxTokens The server's name of the limit: OpenAI's own models want `max_completion_tokens`, which other servers may not
 *   know.
 */
export function chatFromMessages(
  request: JsonObject,
  maxTokens: 'max_tokens' | 'max_completion_tokens',
): ChatRequest | { readonly refused: string } {
  const dropped = new Set<string>();
  try {
    return { body: bodyOf(request, maxTokens, dropped), dropped: [...dropped] };
  } catch (error) {
    if (error instanceof Refusal) return { refused: error.reason };
    throw error;
  }
}

function bodyOf(request: JsonObject, maxTokens: string, dropped: Set<string>): JsonObject {
  for (const [name, value] of Object.entries(request)) {
    if (READ.has(name) || value === null) continue;
    if (NEEDED.has(name) && !(Array.isArray(value) && value.length === 0))
      throw new Refusal(`${name} has no counterpart.`);
    dropped.add(name);
  }
  const { system, messages, tools, tool_choice: choice, stop_sequences: stop } = request;
  const given = Array.isArray(messages) ? messages : [];
  const last = given.at(-1);
  if (isObject(last) && last.role === 'assistant')
    throw new Refusal('An answer that the caller has begun cannot be continued.');
  const prompt = textOf(system, 'system', dropped);
  const format = formatOf(request, dropped);
  const functions = (Array.isArray(tools) ? tools : []).map((tool) => functionOf(tool, dropped));
  return {
    model: request.model ?? '',
    messages: [
      ...(prompt === '' ? [] : [{ role: 'system', content: prompt }]),
      ...given.flatMap((message) => messagesOf(message, dropped)),
    ],
    ...(functions.length > 0 ? { tools: functions } : {}),
    ...(functions.length > 0 && isObject(choice) ? { tool_choice: choiceFromJson(choice) ?? 'auto' } : {}),
    ...(functions.length > 0 && isObject(choice) && choice.disable_parallel_tool_use === true
      ? { parallel_tool_calls: false }
      : {}),
    ...(request.max_tokens === undefined ? {} : { [maxTokens]: request.max_tokens }),
    ...Object.fromEntries(SAME.flatMap((name) => (name in request ? [[name, request[name] ?? null]] : []))),
    ...(Array.isArray(stop) && stop.length > 0 ? { stop } : {}),
    ...(format === null ? {} : { response_format: format }),
    // Agents trim their context by the usage that they are told.
    ...(request.stream === true ? { stream: true, stream_options: { include_usage: true } } : {}),
  };
}

function formatOf(request: JsonObject, dropped: Set<string>): JsonObject | null {
  const { format, ...config } = isObject(request.output_config) ? request.output_config : ({} as JsonObject);
  for (const name of Object.keys(config)) dropped.add(`output_config.${name}`);
  const asked = format ?? request.output_format;
  if (asked === undefined || asked === null) return null;
  if (!isObject(asked) || asked.type !== 'json_schema') throw new Refusal('The output format is not known.');
  return {
    type: 'json_schema',
    json_schema: { name: 'output', strict: true, schema: asked.schema ?? {} },
  };
}

function functionOf(tool: Json, dropped: Set<string>): JsonObject {
  if (!isObject(tool) || typeof tool.name !== 'string' || tool.input_schema === undefined) {
    const name = isObject(tool) ? plainText(tool.type ?? tool.name ?? '') : '';
    throw new Refusal(`The tool ${name} is one that Anthropic runs, or knows by itself.`);
  }
  const { name, description, input_schema: parameters } = tool;
  if (tool.cache_control !== undefined) dropped.add('cache_control');
  return {
    type: 'function',
    function: { name, ...(typeof description === 'string' ? { description } : {}), parameters },
  };
}

/** The texts of a content that may have no other parts, joined as everywhere here. */
function textOf(content: Json | undefined, place: string, dropped: Set<string>): string {
  if (typeof content === 'string') return content;
  const texts: string[] = [];
  for (const block of Array.isArray(content) ? content : []) {
    if (!isObject(block) || block.type !== 'text' || typeof block.text !== 'string')
      throw new Refusal(`There is a part in ${place} that is no text.`);
    if (block.cache_control !== undefined) dropped.add('cache_control');
    texts.push(block.text);
  }
  return texts.join('\n');
}

/** One message: several where it holds results of tools, which have messages of their own, before what else it says. */
function messagesOf(message: Json, dropped: Set<string>): JsonObject[] {
  if (!isObject(message)) throw new Refusal('There is a message that is none.');
  const { role, content } = message;
  if (role === 'system') return [{ role: 'system', content: textOf(content, 'a system message', dropped) }];
  if (role === 'assistant') return [assistantOf(content, dropped)];
  if (role !== 'user') throw new Refusal('There is a message of a role that is not known.');
  if (typeof content === 'string') return [{ role: 'user', content }];
  const results: JsonObject[] = [];
  const parts: JsonObject[] = [];
  for (const block of Array.isArray(content) ? content : []) {
    if (isObject(block) && block.cache_control !== undefined) dropped.add('cache_control');
    if (isObject(block) && block.type === 'tool_result') addResult(block, results, parts, dropped);
    else parts.push(partOf(block));
  }
  if (parts.length === 0) return results;
  const onlyTexts = parts.every(({ type }) => type === 'text');
  const said = onlyTexts ? parts.map(({ text }) => text).join('\n') : parts;
  return [...results, { role: 'user', content: said }];
}

function assistantOf(content: Json | undefined, dropped: Set<string>): JsonObject {
  if (typeof content === 'string') return { role: 'assistant', content };
  const texts: string[] = [];
  const calls: JsonObject[] = [];
  for (const block of Array.isArray(content) ? content : []) {
    if (!isObject(block)) throw new Refusal('There is a block that is none.');
    if (block.cache_control !== undefined) dropped.add('cache_control');
    if (block.type === 'text' && typeof block.text === 'string') {
      texts.push(block.text);
      if (Array.isArray(block.citations) && block.citations.length > 0) dropped.add('citations');
    } else if (block.type === 'tool_use') {
      const { id = '', name = '', input = {} } = block;
      const text = typeof input === 'string' ? input : JSON.stringify(input);
      calls.push({ id, type: 'function', function: { name, arguments: text } });
    } else if (block.type === 'thinking' || block.type === 'redacted_thinking') dropped.add('thinking');
    else throw new Refusal(`A block of the type ${plainText(block.type)} has no counterpart.`);
  }
  return {
    role: 'assistant',
    content: texts.length === 0 && calls.length > 0 ? null : texts.join('\n'),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
}

/** A tool's result; images in it come with what the user says after it, since a tool's message holds texts alone. */
function addResult(
  block: JsonObject,
  results: JsonObject[],
  parts: JsonObject[],
  dropped: Set<string>,
): void {
  const { tool_use_id: id = '', content, is_error: isError } = block;
  const texts: string[] = [];
  for (const part of typeof content === 'string' ? [{ type: 'text', text: content }] : [])
    texts.push(part.text);
  for (const part of Array.isArray(content) ? content : []) {
    const said = partOf(part);
    if (said.type === 'text') texts.push(plainText(said.text));
    else {
      texts.push('(see the attachment below)');
      parts.push({ type: 'text', text: `Attachment of the tool result ${plainText(id)}:` }, said);
    }
  }
  if (isError === true) dropped.add('is_error');
  results.push({ role: 'tool', tool_call_id: id, content: texts.join('\n') });
}

function partOf(block: Json): JsonObject {
  if (!isObject(block)) throw new Refusal('There is a block that is none.');
  const source = isObject(block.source) ? block.source : {};
  if (block.type === 'text' && typeof block.text === 'string') return { type: 'text', text: block.text };
  if (block.type === 'image') return { type: 'image_url', image_url: { url: imageUrl(source) } };
  if (block.type === 'document' && source.type === 'text' && typeof source.data === 'string')
    return { type: 'text', text: source.data };
  if (block.type === 'document' && source.type === 'base64')
    return {
      type: 'file',
      file: { filename: plainText(block.title ?? 'document.pdf'), file_data: dataUrl(source) },
    };
  throw new Refusal(`A block of the type ${plainText(block.type)} has no counterpart.`);
}

function imageUrl(source: JsonObject): string {
  if (source.type === 'base64') return dataUrl(source);
  if (source.type === 'url' && typeof source.url === 'string') return source.url;
  throw new Refusal('An image that is stored at Anthropic cannot be sent elsewhere.');
}

const dataUrl = ({ media_type: type, data }: JsonObject): string =>
  `data:${plainText(type)};base64,${plainText(data)}`;
