/**
 * The input and the output of a model as tracing tools keep them, whose form depends on what was traced: a request
 * body, a list of messages, a message, a completion, LangChain's generations, or a bare text.
 */
import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import { completionOf } from './exchange.ts';
import { objectOf, opened, textOf } from './fields.ts';
import { messageOf, messagesOf } from './messages.ts';

/** Fields of an input object that are the prompt itself, in the order of trust. */
const PROMPTS = ['messages', 'input', 'prompt', 'prompts', 'contents'] as const;
/** Settings of a request that may stand beside its messages. */
const SETTINGS = new Set([
  'model',
  'tools',
  'functions',
  'tool_choice',
  'function_call',
  'response_format',
  'temperature',
  'top_p',
  'max_tokens',
  'max_completion_tokens',
  'stop',
  'seed',
  'n',
  'stream',
  'logprobs',
  'presence_penalty',
  'frequency_penalty',
  'parallel_tool_calls',
  'reasoning_effort',
]);

/** A request body without its model where the input has none; null where it holds no messages. */
export function bodyOf(value: Json | undefined): JsonObject | null {
  const input = opened(value);
  const messages = messagesOf(input);
  if (messages) return { messages };
  if (isObject(input)) {
    const single = messageOf(input);
    if (single) return { messages: single };
    // A prompt may be JSON itself, so that of a text only the plain form counts.
    for (const name of typeof value === 'string' ? PROMPTS.slice(0, 1) : PROMPTS) {
      const prompt = opened(input[name]);
      const [only] = Array.isArray(prompt) && prompt.length === 1 ? prompt : [prompt];
      const list =
        messagesOf(prompt) ??
        (typeof only === 'string' && only !== '' ? [{ role: 'user', content: only }] : null);
      if (list === null) continue;
      const system = systemOf(input.system ?? input.instructions);
      return { ...settingsOf(input), messages: system === null ? list : [system, ...list] };
    }
  }
  const text = typeof input === 'string' ? input : value;
  return typeof text === 'string' && text !== '' ? { messages: [{ role: 'user', content: text }] } : null;
}

function systemOf(value: Json | undefined): JsonObject | null {
  return (typeof value === 'string' && value !== '') || Array.isArray(value)
    ? { role: 'system', content: value }
    : null;
}

/** The settings among an object's fields, under the names that requests use; empty ones left out. */
export function settingsOf(value: Json | undefined): JsonObject {
  const settings = objectOf(value);
  if (settings === null) return {};
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, given]) => {
      // As text where a table was exported.
      const setting = opened(given);
      return SETTINGS.has(name) && setting !== undefined && setting !== null ? [[name, setting]] : [];
    }),
  );
}

/** What an answer's form leaves open. */
interface About {
  readonly model?: string;
  readonly usage?: Json;
}

/** Fields of a map of outputs under which the answer stands, in the order of trust. */
const ANSWERS = [
  'message',
  'messages',
  'output',
  'response',
  'content',
  'text',
  'completion',
  'answer',
  'result',
] as const;

/**
 * A completion; null where the output is no answer of a chat model, undefined where there is none.
 * A text, or JSON that is no message, is an answer as it stands: models are asked for JSON.
 */
export function answerOf(value: Json | undefined, about: About = {}): JsonObject | null | undefined {
  const output = opened(value);
  if (output === undefined || output === null) return undefined;
  const known = knownAnswer(output, about);
  if (known) return known;
  if (Array.isArray(output) && typeof value !== 'string') return null;
  const text =
    typeof output === 'string' ? output : typeof value === 'string' ? value : JSON.stringify(output);
  return completionOf({ role: 'assistant', content: text }, about);
}

/** As answerOf(), for a map of named outputs: the answer is one of its values. */
export function answerIn(outputs: Json | undefined, about: About = {}): JsonObject | null | undefined {
  const map = opened(outputs);
  if (map === undefined || map === null) return undefined;
  const known = knownAnswer(map, about);
  if (known || !isObject(map)) return known;
  for (const name of ANSWERS) {
    const inner = opened(map[name]);
    if (inner === undefined || inner === null) continue;
    if (typeof inner !== 'string') {
      const answer = knownAnswer(inner, about);
      if (answer) return answer;
    } else {
      const calls = pick(map, ['tool_calls', 'function_call']);
      return completionOf({ ...calls, role: 'assistant', content: String(map[name]) }, about);
    }
  }
  return null;
}

/** A completion of what is a completion, a generation or a message beyond doubt. */
function knownAnswer(output: Json, about: About): JsonObject | null {
  if (Array.isArray(output)) {
    const messages = messagesOf(output);
    const last = messages?.findLast((message) => isObject(message) && message.role === 'assistant');
    return isObject(last) ? completionOf(last, about) : null;
  }
  if (!isObject(output)) return null;
  if (Array.isArray(output.choices)) {
    return about.usage === undefined || 'usage' in output ? output : { ...output, usage: about.usage };
  }
  const generation = generationOf(output.generations);
  if (generation) return generationAnswer(generation, output, about);
  const message = messageOf(output)?.find(({ role }) => role === 'assistant');
  if (message) return completionOf(message, about);
  const calls = Array.isArray(output.tool_calls) ? output.tool_calls : [];
  if (calls.some((call) => isObject(call) && isObject(call.function)) || isObject(output.function_call)) {
    return completionOf({ ...output, role: 'assistant' }, about);
  }
  return null;
}

function pick(value: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(
    names.flatMap((name) => (value[name] === undefined ? [] : [[name, value[name]]])),
  );
}

/** LangChain's first generation: `generations` is a list a prompt, or a list. */
function generationOf(value: Json | undefined): JsonObject | null {
  const first = Array.isArray(value) ? value[0] : undefined;
  const generation = Array.isArray(first) ? first[0] : first;
  return isObject(generation) ? generation : null;
}

function generationAnswer(generation: JsonObject, output: JsonObject, about: About): JsonObject | null {
  const info = isObject(generation.generation_info) ? generation.generation_info : {};
  const message = messageOf(generation.message)?.[0];
  const whole = objectOf(output.llm_output) ?? {};
  const kwargs =
    isObject(generation.message) && isObject(generation.message.kwargs) ? generation.message.kwargs : {};
  const meta = isObject(kwargs.response_metadata) ? kwargs.response_metadata : {};
  const usage = whole.token_usage ?? meta.token_usage ?? about.usage;
  const text = textOf(generation, ['text']);
  if (!message && text === null) return null;
  return completionOf(message ?? { role: 'assistant', content: text ?? '' }, {
    ...about,
    ...(textOf(whole, ['model_name', 'model']) === null
      ? {}
      : { model: textOf(whole, ['model_name', 'model']) ?? '' }),
    finishReason: textOf(info, ['finish_reason']) ?? textOf(meta, ['finish_reason']),
    ...(usage === undefined ? {} : { usage }),
  });
}
