/**
 * What a response comes to, by output kind, and its canonical text.
 * The text is at once the label of a classifier, the target of a fine-tuning example
 * and what comparisons start from.
 * Does not: judge right or wrong (evaluate/scorers).
 */
import type { CallResponse, Message } from './call.ts';
import { isObject, type Json, parseJson } from './json.ts';

/** Decides how answers are compared. */
export type OutputKind = 'label' | 'json' | 'tool' | 'text';

export interface ToolUse {
  readonly name: string;
  readonly arguments: Json;
}

export type Answer =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'json'; readonly value: Json }
  | { readonly kind: 'tool'; readonly uses: readonly ToolUse[] };

/** The answer in a response: its tool calls if it has any; JSON if all of the text is; else text. */
export function answerOf(response: CallResponse): Answer {
  return answerOfMessage(response.message);
}

export function answerOfMessage(message: Message): Answer {
  if (message.toolCalls && message.toolCalls.length > 0) {
    return {
      kind: 'tool',
      uses: message.toolCalls.map((call) => ({
        name: call.name,
        arguments: parseJson(call.arguments) ?? call.arguments,
      })),
    };
  }
  const value = parseJson(unfence(message.content));
  if (value !== undefined && (isObject(value) || Array.isArray(value))) return { kind: 'json', value };
  return { kind: 'text', text: message.content.trim() };
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

/** The inverse of renderAnswer for a task's output kind; null where the text is not of that kind. */
export function parseAnswer(kind: OutputKind, text: string): Answer | null {
  switch (kind) {
    case 'label':
    case 'text':
      return text.trim() === '' ? null : { kind: 'text', text: text.trim() };
    case 'json': {
      const value = parseJson(unfence(text));
      return value === undefined ? null : { kind: 'json', value };
    }
    case 'tool': {
      const uses: ToolUse[] = [];
      for (const line of text.trim().split('\n')) {
        const space = line.indexOf(' ');
        const args = space > 0 ? parseJson(line.slice(space + 1)) : undefined;
        if (args === undefined) return null;
        uses.push({ name: line.slice(0, space), arguments: args });
      }
      return uses.length === 0 ? null : { kind: 'tool', uses };
    }
  }
}

/** Takes off a Markdown code fence that models put around JSON. */
function unfence(text: string): string {
  const match = /^\s*```(?:json)?\s*\n([\s\S]*?)\n?```\s*$/.exec(text);
  return (match?.[1] ?? text).trim();
}
