/**
 * OpenAI Responses, the request: JSON to a CallRequest. What has a place in the neutral form is put there (instructions,
 * tools, the choice of them, the output's format, the limit of tokens); all else is kept in `params` under its wire name.
 */
import type { CallRequest, Tool } from '../core/call.ts';
import { isObject, type Json, type JsonObject } from '../core/json.ts';
import { STORED_ELSEWHERE } from '../core/policy.ts';
import { messagesFromInput, refersToItems } from './openai-responses-items.ts';

/** A CallRequest, or null where the value is not a request that we understand as a whole. */
export function responsesRequestFromJson(value: Json | undefined): CallRequest | null {
  if (!isObject(value)) return null;
  const { model, input, instructions, tools: givenTools, tool_choice: choice, text, ...others } = value;
  const { stream, max_output_tokens: limit, ...rest } = others;
  const messages = messagesFromInput(input);
  if (typeof model !== 'string' || messages === null || messages.length === 0) return null;
  const { tools, others: otherTools } = toolsFromJson(givenTools);
  const { format, ...style } = isObject(text) ? text : ({} as JsonObject);
  const responseFormat = formatFromJson(format);
  const elsewhere = storedElsewhere(rest, input);
  return {
    model,
    messages:
      typeof instructions === 'string' && instructions !== ''
        ? [{ role: 'system', content: instructions }, ...messages]
        : messages,
    tools,
    ...(choice === undefined || choice === null ? {} : { toolChoice: choiceFromJson(choice) }),
    ...(responseFormat ? { responseFormat } : {}),
    stream: stream === true,
    params: {
      ...rest,
      ...(Object.keys(style).length > 0 ? { text: style } : {}),
      ...(limit === undefined || limit === null ? {} : { max_completion_tokens: limit }),
      ...(asksForLogprobs(rest) ? { logprobs: true } : {}),
      ...(elsewhere === undefined ? {} : { [STORED_ELSEWHERE]: elsewhere }),
      ...(otherTools.length > 0 ? { tools: [...otherTools] } : {}),
    },
  };
}

/** Whether a value is a request of this API rather than of chat completions. */
export function isResponsesRequest(value: JsonObject): boolean {
  return !('messages' in value) && (typeof value.input === 'string' || Array.isArray(value.input));
}

/** The field by which a request refers to what the provider has stored; undefined where it holds everything. */
function storedElsewhere(params: JsonObject, input: Json | undefined): string | undefined {
  const named = ['previous_response_id', 'conversation', 'prompt'].find(
    (name) => params[name] !== undefined && params[name] !== null,
  );
  return named ?? (refersToItems(input) ? 'item_reference' : undefined);
}

function asksForLogprobs({ include }: JsonObject): boolean {
  return Array.isArray(include) && include.includes('message.output_text.logprobs');
}

/** Functions, and what in `tools` is none: custom tools, and tools that the provider runs itself. */
function toolsFromJson(given: Json | undefined): {
  readonly tools: readonly Tool[];
  readonly others: readonly Json[];
} {
  const tools: Tool[] = [];
  const others: Json[] = [];
  for (const raw of Array.isArray(given) ? given : []) {
    // Some clients send tools as chat completions have them.
    const definition = isObject(raw) && isObject(raw.function) ? raw.function : raw;
    if (
      isObject(raw) &&
      raw.type === 'function' &&
      isObject(definition) &&
      typeof definition.name === 'string'
    )
      tools.push({
        name: definition.name,
        description: typeof definition.description === 'string' ? definition.description : '',
        parameters: definition.parameters ?? null,
      });
    else others.push(raw);
  }
  return { tools, others };
}

function choiceFromJson(choice: Json): Json {
  return isObject(choice) && choice.type === 'function' && typeof choice.name === 'string'
    ? { type: 'function', function: { name: choice.name } }
    : choice;
}

function formatFromJson(format: Json | undefined): JsonObject | null {
  if (!isObject(format) || format.type === 'text') return null;
  const { type, ...schema } = format;
  return type === 'json_schema' ? { type, json_schema: schema } : format;
}

/** The tools and the format of a request as this API writes them, for an answer that repeats them. */
export function echoOf({ tools, toolChoice, responseFormat, params }: CallRequest): JsonObject {
  const { json_schema: schema, ...format } = responseFormat ?? { type: 'text' };
  const style = isObject(params.text) ? params.text : {};
  return {
    tools: [
      ...tools.map(({ name, description, parameters }) => ({
        type: 'function',
        name,
        description,
        parameters,
        strict: false,
      })),
      ...(Array.isArray(params.tools) ? params.tools : []),
    ],
    tool_choice:
      isObject(toolChoice) && isObject(toolChoice.function)
        ? { type: 'function', name: toolChoice.function.name ?? '' }
        : (toolChoice ?? 'auto'),
    text: { ...style, format: { ...format, ...(isObject(schema) ? schema : {}) } },
  };
}
