/**
 * OpenAI chat completions, the request: JSON to a CallRequest. What is not understood is kept in `params` under its
 * wire name, so that nothing is lost and policy can see it.
 * Does not: read the legacy `functions` (they stay in params, and policy leaves such calls to the LLM).
 */
import type { CallRequest, Message, Role, Tool, ToolCall } from '../core/call.ts';
import { isObject, type Json, type JsonObject } from '../core/json.ts';

const ROLES: Readonly<Record<string, Role>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  assistant: 'assistant',
  tool: 'tool',
};

/** A CallRequest, or null where the value is not a chat request that we understand as a whole. */
export function requestFromJson(value: Json | undefined): CallRequest | null {
  if (!isObject(value)) return null;
  const {
    model,
    messages: rawMessages,
    tools: rawTools,
    tool_choice,
    response_format,
    stream,
    ...rest
  } = value;
  if (typeof model !== 'string' || !Array.isArray(rawMessages) || rawMessages.length === 0) return null;
  const messages: Message[] = [];
  for (const raw of rawMessages) {
    const message = messageFromJson(raw);
    if (message === null) return null;
    messages.push(message);
  }
  const tools: Tool[] = [];
  const otherTools: Json[] = [];
  for (const raw of Array.isArray(rawTools) ? rawTools : []) {
    const tool = toolFromJson(raw);
    if (tool === null) otherTools.push(raw);
    else tools.push(tool);
  }
  const params: JsonObject = otherTools.length > 0 ? { ...rest, tools: otherTools } : rest;
  return {
    model,
    messages,
    tools,
    ...(tool_choice === undefined || tool_choice === null ? {} : { toolChoice: tool_choice }),
    ...(isObject(response_format) ? { responseFormat: response_format } : {}),
    stream: stream === true,
    params,
  };
}

/** One message of a request or a response; null where its role is unknown. */
export function messageFromJson(raw: Json | undefined): Message | null {
  if (!isObject(raw) || typeof raw.role !== 'string') return null;
  const role = ROLES[raw.role];
  if (role === undefined) return null;
  const { text, media } = contentFromJson(raw.content);
  const toolCalls = toolCallsFromJson(raw.tool_calls);
  return {
    role,
    content: text === '' && typeof raw.refusal === 'string' ? raw.refusal : text,
    ...(toolCalls.length > 0 ? { toolCalls } : {}),
    ...(typeof raw.tool_call_id === 'string' ? { toolCallId: raw.tool_call_id } : {}),
    ...(media > 0 ? { mediaParts: media } : {}),
  };
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
    else if (!isObject(part) || part.type !== 'thinking') media++;
  }
  return { text: texts.join('\n'), media };
}

function toolCallsFromJson(raw: Json | undefined): ToolCall[] {
  const calls: ToolCall[] = [];
  for (const item of Array.isArray(raw) ? raw : []) {
    if (!isObject(item) || !isObject(item.function) || typeof item.function.name !== 'string') continue;
    calls.push({
      id: typeof item.id === 'string' ? item.id : '',
      name: item.function.name,
      arguments: argumentsText(item.function.arguments),
    });
  }
  return calls;
}

/** Some providers send the arguments as an object instead of its text. */
export function argumentsText(raw: Json | undefined): string {
  if (raw === undefined || raw === null) return '';
  return typeof raw === 'string' ? raw : JSON.stringify(raw);
}

function toolFromJson(raw: Json): Tool | null {
  if (!isObject(raw) || raw.type !== 'function' || !isObject(raw.function)) return null;
  const { name, description, parameters } = raw.function;
  if (typeof name !== 'string') return null;
  return {
    name,
    description: typeof description === 'string' ? description : '',
    parameters: parameters ?? null,
  };
}

/**
 * The inverse of requestFromJson, for a call that we make ourselves: an equal call, though not the same bytes.
 * Media parts are gone, so calls that had some cannot be made again.
 */
export function requestToJson(request: CallRequest): JsonObject {
  const { tools: otherTools = [], ...params } = request.params;
  const functions = request.tools.map((tool) => ({
    type: 'function',
    function: { name: tool.name, description: tool.description, parameters: tool.parameters },
  }));
  const tools = Array.isArray(otherTools) ? [...functions, ...otherTools] : functions;
  return {
    ...params,
    model: request.model,
    messages: request.messages.map(messageToJson),
    ...(tools.length > 0 ? { tools } : {}),
    ...(request.toolChoice === undefined ? {} : { tool_choice: request.toolChoice }),
    ...(request.responseFormat ? { response_format: request.responseFormat } : {}),
    ...(request.stream ? { stream: true } : {}),
  };
}

function messageToJson(message: Message): JsonObject {
  const calls = message.toolCalls?.map((call) => ({
    id: call.id,
    type: 'function',
    function: { name: call.name, arguments: call.arguments },
  }));
  return {
    role: message.role,
    content: message.content,
    ...(calls ? { tool_calls: calls } : {}),
    ...(message.toolCallId === undefined ? {} : { tool_call_id: message.toolCallId }),
  };
}
