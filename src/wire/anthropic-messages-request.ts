/**
 * Anthropic Messages, the request: JSON to a CallRequest. What has a place in the neutral form is put there (tools, the
 * choice of them, the output's format, stop sequences); all else is kept in `params` under its wire name.
 */
import type { CallRequest, Message, Tool } from '../core/call.ts';
import { isObject, type Json, type JsonObject } from '../core/json.ts';
import { messagesFromJson, systemFromJson } from './anthropic-messages-content.ts';
import { madeOnce } from './repeated-json.ts';

/** How the pieces of a request are read. */
interface Reading {
  readonly messages: typeof messagesFromJson;
  readonly system: typeof systemFromJson;
  readonly tools: typeof toolsFromJson;
}

const AFRESH: Reading = { messages: messagesFromJson, system: systemFromJson, tools: toolsFromJson };

/** The same for values whose pieces are objects that came before: of the same objects the same is made. */
export function anthropicRequestFromRepeated(): (value: Json | undefined) => CallRequest | null {
  const messages = madeOnce<JsonObject, Message[] | null>(messagesFromJson);
  const system = madeOnce<Json[], Message | null>(systemFromJson);
  const tools = madeOnce<Json[], ReturnType<typeof toolsFromJson>>(toolsFromJson);
  const reading: Reading = {
    messages: (raw) => (isObject(raw) ? messages(raw) : null),
    system: (raw) => (Array.isArray(raw) ? system(raw) : systemFromJson(raw)),
    tools: (raw) => (Array.isArray(raw) ? tools(raw) : toolsFromJson(raw)),
  };
  return (value) => anthropicRequestFromJson(value, reading);
}

/** A CallRequest, or null where the value is not a request that we understand as a whole. */
export function anthropicRequestFromJson(
  value: Json | undefined,
  reading: Reading = AFRESH,
): CallRequest | null {
  if (!isObject(value)) return null;
  const { model, messages: given, system, tools: givenTools, tool_choice: choice, ...others } = value;
  const { stop_sequences: stop, stream, output_config: output, output_format: format, ...rest } = others;
  if (typeof model !== 'string' || !Array.isArray(given) || given.length === 0) return null;
  const messages: Message[] = [];
  const prompt = reading.system(system);
  if (prompt !== null) messages.push(prompt);
  for (const each of given) {
    const read = reading.messages(each);
    if (read === null) return null;
    messages.push(...read);
  }
  const { tools, others: otherTools } = reading.tools(givenTools);
  const { format: outputFormat = format, ...config } = isObject(output) ? output : ({} as JsonObject);
  const responseFormat = formatFromJson(outputFormat);
  const toolChoice = choiceFromJson(choice);
  return {
    model,
    messages,
    tools,
    ...(toolChoice === undefined ? {} : { toolChoice }),
    ...(responseFormat ? { responseFormat } : {}),
    stream: stream === true,
    params: {
      ...rest,
      ...(Object.keys(config).length > 0 ? { output_config: config } : {}),
      ...(stop === undefined || stop === null ? {} : { stop }),
      ...(isObject(choice) && choice.disable_parallel_tool_use === true
        ? { parallel_tool_calls: false }
        : {}),
      ...(otherTools.length > 0 ? { tools: [...otherTools] } : {}),
    },
  };
}

/** Whether a value is a request of this API rather than of chat completions: by what those do not have. */
export function isAnthropicRequest(value: JsonObject): boolean {
  if (!Array.isArray(value.messages)) return false;
  const tools = Array.isArray(value.tools) ? value.tools.filter(isObject) : [];
  if (tools.some((tool) => 'function' in tool)) return false;
  return (
    'system' in value ||
    tools.some((tool) => 'input_schema' in tool) ||
    value.messages.some(
      (message) => isObject(message) && Array.isArray(message.content) && message.content.some(isOwnBlock),
    )
  );
}

const OWN_BLOCKS: ReadonlySet<string> = new Set(['tool_use', 'tool_result', 'thinking', 'redacted_thinking']);

function isOwnBlock(block: Json): boolean {
  return isObject(block) && typeof block.type === 'string' && OWN_BLOCKS.has(block.type);
}

/** The client's tools, and those that the provider runs or knows by itself, which have no schema. */
function toolsFromJson(given: Json | undefined): {
  readonly tools: readonly Tool[];
  readonly others: readonly Json[];
} {
  const tools: Tool[] = [];
  const others: Json[] = [];
  for (const raw of Array.isArray(given) ? given : []) {
    if (isObject(raw) && typeof raw.name === 'string' && raw.input_schema !== undefined)
      tools.push({
        name: raw.name,
        description: typeof raw.description === 'string' ? raw.description : '',
        parameters: raw.input_schema,
      });
    else others.push(raw);
  }
  return { tools, others };
}

/** As chat completions say it; what is not understood stays as it is. */
export function choiceFromJson(choice: Json | undefined): Json | undefined {
  if (choice === undefined || choice === null) return undefined;
  if (!isObject(choice)) return choice;
  if (choice.type === 'auto' || choice.type === 'none') return choice.type;
  if (choice.type === 'any') return 'required';
  if (choice.type === 'tool' && typeof choice.name === 'string')
    return { type: 'function', function: { name: choice.name } };
  return choice;
}

function formatFromJson(format: Json | undefined): JsonObject | null {
  if (!isObject(format)) return null;
  const { type, ...schema } = format;
  return type === 'json_schema' ? { type, json_schema: schema } : format;
}
