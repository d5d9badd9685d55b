/**
 * The messages of a model's span, in each convention that is in use: OpenTelemetry's attributes, its older events,
 * OpenInference, OpenLLMetry (`gen_ai.prompt.N`), the Vercel AI SDK, and plain input and output values.
 */
import { isObject, type Json, type JsonObject } from '../../../core/json.ts';
import { opened } from '../fields.ts';
import { answerOf, bodyOf } from '../input-output.ts';
import { messageOf, messagesOf } from '../messages.ts';
import { type Attributes, listOf, textAt } from './otel-attributes.ts';

/** What a span says of a call; `answer` is the assistant's message or a completion, null where it has none. */
export interface SpanMessages {
  readonly messages: readonly Json[];
  readonly tools: readonly Json[];
  readonly answer: JsonObject | null;
  readonly finishReason: string | null;
}

/** An event of a span: its name and its attributes. */
export interface SpanEvent {
  readonly name: string;
  readonly attributes: Attributes;
}

/** The first convention by which the span has messages; null where none does. */
export function spanMessages(attributes: Attributes, events: readonly SpanEvent[]): SpanMessages | null {
  return (
    structured(attributes) ??
    events.map((event) => structured(event.attributes)).find((found) => found !== null) ??
    openInference(attributes) ??
    openLlmetry(attributes) ??
    fromEvents(attributes, events) ??
    vercel(attributes) ??
    values(attributes)
  );
}

/** gen_ai.input.messages and gen_ai.output.messages, as text or structured. */
function structured(attributes: Attributes): SpanMessages | null {
  const input = attributes.get('gen_ai.input.messages');
  // Some instrumentations write the bare text.
  const messages =
    messagesOf(input) ??
    (typeof input === 'string' && input !== '' ? [{ role: 'user', content: input }] : null);
  if (messages === null) return null;
  const instructions = opened(attributes.get('gen_ai.system_instructions'));
  const system =
    typeof instructions === 'string'
      ? [{ role: 'system', content: instructions }]
      : Array.isArray(instructions)
        ? (messageOf({ role: 'system', parts: instructions }) ?? [])
        : [];
  const output = opened(attributes.get('gen_ai.output.messages'));
  const [first] = Array.isArray(output) ? output : [output];
  // Gemini's candidates have their message within.
  const inner = isObject(first) && isObject(first.content) ? first.content : first;
  const answer =
    typeof inner === 'string'
      ? { role: 'assistant', content: inner }
      : (messageOf(inner)?.find(({ role }) => role === 'assistant') ?? null);
  return {
    messages: [...system, ...messages],
    tools: toolsOf(opened(attributes.get('gen_ai.tool.definitions'))),
    answer,
    finishReason: isObject(first) && typeof first.finish_reason === 'string' ? first.finish_reason : null,
  };
}

function openInference(attributes: Attributes): SpanMessages | null {
  const messages = listOf(attributes, 'llm.input_messages').map(openInferenceMessage);
  if (messages.length === 0) return null;
  const [answer] = listOf(attributes, 'llm.output_messages').map(openInferenceMessage);
  const tools = listOf(attributes, 'llm.tools').map((tool) => opened(tool.get('tool.json_schema')) ?? null);
  return { messages: flat(messages), tools: toolsOf(tools), answer: answer ?? null, finishReason: null };
}

function openInferenceMessage(item: Attributes): JsonObject {
  const parts = listOf(item, 'message.contents').map((part): Json => {
    const type = textAt(part, 'message_content.type') ?? 'text';
    return type === 'text' ? { type, text: textAt(part, 'message_content.text') ?? '' } : { type };
  });
  const calls = listOf(item, 'message.tool_calls').map((call) =>
    callOf(
      textAt(call, 'tool_call.id'),
      textAt(call, 'tool_call.function.name'),
      call.get('tool_call.function.arguments'),
    ),
  );
  return {
    role: textAt(item, 'message.role') ?? 'user',
    content: textAt(item, 'message.content') ?? (parts.length > 0 ? parts : ''),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
    ...(item.has('message.tool_call_id') ? { tool_call_id: textAt(item, 'message.tool_call_id') ?? '' } : {}),
  };
}

function openLlmetry(attributes: Attributes): SpanMessages | null {
  const messages = listOf(attributes, 'gen_ai.prompt').map(openLlmetryMessage);
  if (messages.length === 0) return null;
  const [completion] = listOf(attributes, 'gen_ai.completion');
  const tools = listOf(attributes, 'llm.request.functions').map((tool) => ({
    name: textAt(tool, 'name') ?? '',
    description: textAt(tool, 'description') ?? '',
    parameters: opened(tool.get('parameters')) ?? null,
  }));
  return {
    messages: flat(messages),
    tools: toolsOf(tools),
    answer: completion ? { ...openLlmetryMessage(completion), role: 'assistant' } : null,
    finishReason: completion ? textAt(completion, 'finish_reason') : null,
  };
}

function openLlmetryMessage(item: Attributes): JsonObject {
  const calls = listOf(item, 'tool_calls').map((call) =>
    callOf(
      textAt(call, 'id'),
      textAt(call, 'name', 'function.name'),
      call.get('arguments') ?? call.get('function.arguments'),
    ),
  );
  const content = item.get('content') ?? '';
  const parts = opened(content);
  return {
    role: textAt(item, 'role') ?? 'user',
    // Contents of several parts stand as text.
    content:
      Array.isArray(parts) && parts.every((part) => isObject(part) && 'type' in part) ? parts : content,
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
    ...(item.has('tool_call_id') ? { tool_call_id: textAt(item, 'tool_call_id') ?? '' } : {}),
  };
}

/** One event a message: gen_ai.user.message, …, gen_ai.choice; or prompt and completion whole. */
function fromEvents(attributes: Attributes, events: readonly SpanEvent[]): SpanMessages | null {
  const messages: Json[] = [];
  let answer: JsonObject | null = null;
  let finishReason: string | null = null;
  for (const { name, attributes: own } of events) {
    const role = /^gen_ai\.(system|user|assistant|tool)\.message$/.exec(name)?.[1];
    const body = opened(own.get('gen_ai.event.content')) ?? Object.fromEntries(own);
    const read = isObject(body) ? eventMessage(body) : null;
    if (name === 'gen_ai.content.prompt') {
      messages.push(...(messagesOf(own.get('gen_ai.prompt')) ?? []));
    } else if (name === 'gen_ai.content.completion') {
      const [first] = messagesOf(own.get('gen_ai.completion')) ?? [];
      if (isObject(first)) answer = first;
    } else if (role !== undefined && read) messages.push(...(messageOf({ ...read, role }) ?? []));
    else if (name === 'gen_ai.choice' && read && answer === null && isObject(body)) {
      answer = messageOf({ ...read, role: 'assistant' })?.[0] ?? null;
      finishReason = typeof body.finish_reason === 'string' ? body.finish_reason : null;
    }
  }
  if (messages.length === 0) return null;
  return {
    messages,
    tools: toolsOf(opened(attributes.get('gen_ai.tool.definitions'))),
    answer,
    finishReason,
  };
}

function eventMessage(body: JsonObject): JsonObject {
  const message = opened(body.message);
  const source: JsonObject = isObject(message) ? message : body;
  const calls = opened(source.tool_calls);
  const id = source.id ?? source.tool_call_id;
  return {
    content: typeof message === 'string' ? message : (source.content ?? ''),
    ...(Array.isArray(calls) && calls.length > 0 ? { tool_calls: calls } : {}),
    ...(typeof id === 'string' ? { tool_call_id: id } : {}),
  };
}

function vercel(attributes: Attributes): SpanMessages | null {
  const messages = messagesOf(attributes.get('ai.prompt.messages'));
  if (messages === null) return null;
  const calls = opened(attributes.get('ai.response.toolCalls'));
  const text = textAt(attributes, 'ai.response.text', 'ai.response.object');
  const list = (Array.isArray(calls) ? calls : []).flatMap((call) =>
    isObject(call) ? [callOf(asText(call.toolCallId), asText(call.toolName), call.input ?? call.args)] : [],
  );
  const tools = attributes.get('ai.prompt.tools');
  return {
    messages,
    tools: toolsOf(Array.isArray(tools) ? tools.map((tool) => opened(tool) ?? null) : []),
    answer:
      text === null && list.length === 0
        ? null
        : { role: 'assistant', content: text ?? '', ...(list.length > 0 ? { tool_calls: list } : {}) },
    finishReason: textAt(attributes, 'ai.response.finishReason'),
  };
}

/** The bare input and output of a model's span. */
function values(attributes: Attributes): SpanMessages | null {
  if (textAt(attributes, 'openinference.span.kind') !== 'LLM') return null;
  const body = bodyOf(attributes.get('input.value'));
  if (body === null || !Array.isArray(body.messages)) return null;
  return {
    messages: body.messages,
    tools: Array.isArray(body.tools) ? body.tools : [],
    answer: answerOf(attributes.get('output.value')) ?? null,
    finishReason: null,
  };
}

function callOf(id: string | null, name: string | null, args: Json | undefined): JsonObject {
  const text = typeof args === 'string' ? args : JSON.stringify(args ?? {});
  return { id: id ?? '', type: 'function', function: { name: name ?? '', arguments: text } };
}

function asText(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function flat(messages: readonly JsonObject[]): Json[] {
  return messages.flatMap((message) => messageOf(message) ?? [message]);
}

/** Definitions of tools, whole, the function alone, or with `inputSchema` for its parameters. */
function toolsOf(value: Json | undefined): Json[] {
  return (Array.isArray(value) ? value : []).flatMap((tool): Json[] => {
    if (!isObject(tool)) return [];
    if (isObject(tool.function)) return [{ type: 'function', function: tool.function }];
    if (typeof tool.name !== 'string' || tool.name === '') return [];
    const { type: _, inputSchema, input_schema, ...definition } = tool;
    const parameters = definition.parameters ?? inputSchema ?? input_schema;
    return [
      { type: 'function', function: { ...definition, ...(parameters === undefined ? {} : { parameters }) } },
    ];
  });
}
