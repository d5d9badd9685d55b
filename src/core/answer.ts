/**
 * What a response comes to, by output kind, and its canonical text.
 * The text is at once the label of a classifier, the target of a fine-tuning example
 * and what comparisons start from.
 * Does not: judge right or wrong (evaluate/scorers).
 */
import type { CallResponse, Message, ToolCall } from './call.ts';
import { isObject, type Json, parseJson } from './json.ts';
import { withoutReasoning } from './reasoning.ts';

/** Decides how answers are compared. */
export type OutputKind = 'label' | 'json' | 'tool' | 'text';

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
    case 'tool': {
      const uses: ToolUse[] = [];
      for (const [name, json] of toolLines(text)) {
        const args = parseJson(json);
        if (args === undefined) return null;
        uses.push({ name, arguments: args });
      }
      return { kind: 'tool', uses };
    }
  }
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
