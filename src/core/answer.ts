/**
 * What a response comes to, by output kind, and its canonical text.
 * The text is at once the label of a classifier, the target of a fine-tuning example
 * and what comparisons start from.
 * Does not: judge right or wrong (evaluate/scorers).
 */
import type { CallResponse, Message, ToolCall } from './call.ts';
import { isObject, type Json, parseJson } from './json.ts';
import { withoutReasoning } from './reasoning.ts';

/** What an answer is. Label: a text of a closed set. */
export type AnswerKind = 'label' | 'json' | 'tool' | 'text';

/** What a task's answers are, which decides how they are read and compared; mixed: of several kinds. */
export type OutputKind = AnswerKind | 'mixed';

export interface ToolUse {
  readonly name: string;
  /** An object; the text itself where it is not JSON, or a custom tool's input. */
  readonly arguments: Json;
}

export type Answer =
  | {
      readonly kind: 'text';
      readonly text: string;
      /** The LLM has given this very text under as narrow a limit of length: no estimate is needed. */
      readonly fits?: boolean;
    }
  | { readonly kind: 'json'; readonly value: Json }
  | { readonly kind: 'tool'; readonly uses: readonly ToolUse[] };

/**
 * The answer in a response: its tool calls if it has any; JSON if all of the text is; else text. Reasoning in tags before
 * it is no part of it.
 */
export function answerOf(response: CallResponse): Answer {
  return answerOfMessage(response.message);
}

export function answerOfMessage(message: Message): Answer {
  if (message.toolCalls && message.toolCalls.length > 0) {
    return {
      kind: 'tool',
      uses: message.toolCalls.map((call) => ({
        name: call.name,
        arguments: argumentsOf(call) ?? call.arguments,
      })),
    };
  }
  const text = withoutReasoning(message.content);
  const value = parseJson(unfence(text));
  if (value !== undefined && (isObject(value) || Array.isArray(value))) return { kind: 'json', value };
  return { kind: 'text', text };
}

/**
 * What a tool call's arguments say. A call without arguments is written as '', `null` or `{}`, which is the same.
 * Undefined where they are not JSON.
 */
export function argumentsOf(call: ToolCall): Json | undefined {
  if (call.custom) return call.arguments;
  if (call.arguments.trim() === '') return {};
  const value = parseJson(call.arguments);
  return value === null ? {} : value;
}

/**
 * The answer as one line a small model can learn to write: text as it is, JSON compact in its own key order,
 * tool uses as `name {"argument":…}`, one per line.
 */
export function renderAnswer(answer: Answer): string {
  switch (answer.kind) {
    case 'text':
      return answer.text;
    case 'json':
      return JSON.stringify(answer.value);
    case 'tool':
      return answer.uses.map((use) => `${use.name} ${JSON.stringify(use.arguments)}`).join('\n');
  }
}

/** Stands for an empty answer where '' means "no answer": the mathematical sign for the empty set. */
const EMPTY = '\u2205';

/**
 * The answer as a specialist learns to write it: as renderAnswer, but an empty text is a sign, since '' is what a
 * specialist says that has no answer to give. Texts of that sign alone get one more, so that each text is its own.
 */
export function targetOf(answer: Answer): string {
  const text = renderAnswer(answer);
  return answer.kind === 'text' && isEmptySigns(text) ? text + EMPTY : text;
}

function isEmptySigns(text: string): boolean {
  for (const sign of text) if (sign !== EMPTY) return false;
  return true;
}

/** The inverse of targetOf for a task's output kind; null where the text is not of that kind, or no answer. */
export function parseAnswer(kind: OutputKind, text: string): Answer | null {
  switch (kind) {
    case 'label':
    case 'text': {
      const said = text.trim();
      if (said === '') return null;
      return { kind: 'text', text: isEmptySigns(said) ? said.slice(EMPTY.length) : said };
    }
    case 'json': {
      const value = parseJson(unfence(text));
      return value === undefined ? null : { kind: 'json', value };
    }
    case 'tool':
      return toolUsesOf(text, () => true);
    case 'mixed':
      // Whatever text reads like a tool call is none that the LLM gave as a text (core/reference).
      return toolUsesOf(text, isArguments) ?? bareJson(text) ?? parseAnswer('text', text);
  }
}

function toolUsesOf(text: string, isTheirs: (value: Json) => boolean): Answer | null {
  const uses: ToolUse[] = [];
  for (const [name, json] of toolLines(text)) {
    const args = parseJson(json);
    if (args === undefined || !isTheirs(args)) return null;
    uses.push({ name, arguments: args });
  }
  return { kind: 'tool', uses };
}

/** Arguments are an object, and a custom tool's input a text: `Total 42` is neither. */
const isArguments = (value: Json): boolean => isObject(value) || typeof value === 'string';

/** JSON that is all of a text, without a fence: whoever asked for one has to get it. */
function bareJson(text: string): Answer | null {
  const value = /^\s*[{[]/.test(text) ? parseJson(text) : undefined;
  return value !== undefined && (isObject(value) || Array.isArray(value)) ? { kind: 'json', value } : null;
}

/** What an answer of a task is by itself; null where it is no answer. */
export function answerKindOf(kind: OutputKind, text: string): AnswerKind | null {
  if (kind === 'label') return text.trim() === '' ? null : 'label';
  if (text.trim() === '') return null;
  if (kind === 'text') return 'text';
  // Tasks of tool calls or JSON have a few texts, too.
  return parseAnswer('mixed', text)?.kind ?? null;
}

/** The tools that an answer of a task calls, in order, joined by a space; '' where it calls none. */
export function toolChoiceOf(kind: OutputKind, text: string): string {
  const answer = kind === 'tool' || kind === 'mixed' ? parseAnswer('mixed', text) : null;
  return answer?.kind === 'tool' ? answer.uses.map(({ name }) => name).join(' ') : '';
}

/** The tool uses of a text as renderAnswer writes them: name and JSON, which may be none. Never empty. */
export function toolLines(text: string): readonly (readonly [name: string, json: string])[] {
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const space = line.indexOf(' ');
      return space > 0 ? [line.slice(0, space), line.slice(space + 1)] : [line, ''];
    });
}

const FENCE = '```';

/** Takes off a Markdown code fence that models put around JSON; trimmed. */
export function unfence(text: string): string {
  const inner = text.trim();
  if (inner.length < 2 * FENCE.length || !inner.startsWith(FENCE) || !inner.endsWith(FENCE)) return inner;
  const lineEnd = inner.indexOf('\n');
  const language = inner.slice(FENCE.length, Math.max(FENCE.length, lineEnd)).trim();
  if (lineEnd < 0 || (language !== '' && language !== 'json')) return inner;
  return inner.slice(lineEnd + 1, -FENCE.length).trim();
}
