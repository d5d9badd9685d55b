/**
 * An example of a dataset as a record of a file: OpenAI's fine-tuning JSONL, ShareGPT, or a row of a table.
 * Does not: choose examples (learn/export-task.ts), or write files.
 */
import { type OutputKind, parseAnswer } from '../core/answer.ts';
import type { CallRequest, Message, Tool } from '../core/call.ts';
import type { Example, SplitName } from '../core/dataset.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { PromptForm } from './formats.ts';

export interface ExportedExample {
  readonly example: Example;
  readonly split: SplitName;
  readonly kind: OutputKind;
  readonly request: CallRequest;
}

/** The messages with the answer at their end, and the tools. */
interface Conversation {
  readonly messages: readonly Message[];
  readonly tools: readonly Tool[];
}

function conversationOf({ example, kind, request }: ExportedExample, prompt: PromptForm): Conversation {
  return prompt === 'full'
    ? { messages: [...request.messages, answerMessage(kind, example.answer)], tools: request.tools }
    : {
        messages: [
          { role: 'user', content: example.input },
          { role: 'assistant', content: example.answer },
        ],
        tools: [],
      };
}

/** The answer as the message that the model is to give. */
function answerMessage(kind: OutputKind, answer: string): Message {
  const parsed = parseAnswer(kind, answer);
  if (parsed?.kind === 'tool')
    return {
      role: 'assistant',
      content: '',
      toolCalls: parsed.uses.map(({ name, arguments: args }, i) => ({
        id: `call_${i}`,
        name,
        arguments: typeof args === 'string' ? args : JSON.stringify(args),
      })),
    };
  return { role: 'assistant', content: parsed?.kind === 'text' ? parsed.text : answer };
}

/** {messages, tools?}: earlier turns of the model have the weight 0, so that the answer alone is learnt. */
export function openaiRecord(exported: ExportedExample, prompt: PromptForm): JsonObject {
  const { messages, tools } = conversationOf(exported, prompt);
  return {
    messages: messages.map((message, i) => openaiMessage(message, i === messages.length - 1)),
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map(({ name, description, parameters }) => ({
            type: 'function',
            function: { name, ...(description === '' ? {} : { description }), parameters },
          })),
        }),
  };
}

function openaiMessage({ role, content, toolCalls, toolCallId }: Message, isLast: boolean): JsonObject {
  const calls = (toolCalls ?? []).map(({ id, name, arguments: args }) => ({
    id,
    type: 'function',
    function: { name, arguments: args },
  }));
  return {
    role,
    content: calls.length > 0 && content === '' ? null : content,
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...(toolCallId === undefined ? {} : { tool_call_id: toolCallId }),
    ...(role === 'assistant' && !isLast ? { weight: 0 } : {}),
  };
}

/** {conversations, tools?}, with tool calls and their results as turns; earlier turns of the model have the weight 0. */
export function sharegptRecord(exported: ExportedExample, prompt: PromptForm): JsonObject {
  const { messages, tools } = conversationOf(exported, prompt);
  return {
    conversations: messages.map((message, i) => ({
      ...sharegptTurn(message),
      ...(message.role === 'assistant' && i < messages.length - 1 ? { weight: 0 } : {}),
    })),
    ...(tools.length === 0
      ? {}
      : {
          tools: JSON.stringify(
            tools.map(({ name, description, parameters }) => ({ name, description, parameters })),
          ),
        }),
  };
}

const SPEAKERS = { system: 'system', user: 'human', assistant: 'gpt', tool: 'observation' } as const;

function sharegptTurn({ role, content, toolCalls = [] }: Message): JsonObject {
  if (toolCalls.length === 0) return { from: SPEAKERS[role], value: content };
  const calls = toolCalls.map(
    ({ name, arguments: args }): JsonObject => ({ name, arguments: parsedOr(args) }),
  );
  // A turn is a call or a text; a text beside a call is a remark, and the call what counts.
  return { from: 'function_call', value: JSON.stringify(calls.length === 1 ? calls[0] : calls) };
}

function parsedOr(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** Columns of the table; messages and tools as JSON text. */
export interface ExampleRow {
  readonly id: string;
  readonly call_id: string;
  readonly session_id: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly split: SplitName;
  readonly weight: number;
  readonly input: string;
  readonly answer: string;
  readonly messages: string;
  readonly tools: string;
}

export function rowOf(exported: ExportedExample): ExampleRow {
  const { example, split } = exported;
  const { messages, tools } = openaiRecord(exported, 'full');
  return {
    id: example.id,
    call_id: example.callId,
    session_id: example.sessionId,
    at: example.at,
    split,
    weight: example.weight,
    input: example.input,
    answer: example.answer,
    messages: JSON.stringify(messages),
    tools: JSON.stringify(tools ?? []),
  };
}
