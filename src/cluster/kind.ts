/** What a task's answers are, and what its calls have in common: output kind, labels, tools, response format. */
import { answerOf, type OutputKind } from '../core/answer.ts';
import type { Call, CallResponse, Tool } from '../core/call.ts';
import { canonicalJson, type Json, type JsonObject } from '../core/json.ts';

const LABELS = 200;
const LABEL_LENGTH = 60;
const SEEN_EACH = 3;
/** Share of answers seen once: about the chance that the next answer is a new one (Good 1953). */
const NEW = 0.1;
/** More versions of the tools than an author makes: they are made per request. */
const TOOL_VERSIONS = 3;

/** The output kind of answered calls; 'text' where there is none. */
export function outputKindOf(responses: readonly CallResponse[]): OutputKind {
  const n = responses.length;
  if (n === 0) return 'text';
  const answers = responses.map(answerOf);
  const count = (kind: string) => answers.filter((answer) => answer.kind === kind).length;
  if (count('tool') * 2 >= n) return 'tool';
  if (count('json') >= 0.95 * n) return 'json';
  const counts = textCounts(responses);
  const once = [...counts.values()].filter((times) => times === 1).length;
  const long = responses.filter((response) => response.message.content.trim().length > LABEL_LENGTH).length;
  const label = counts.size <= LABELS && n >= SEEN_EACH * counts.size && once <= NEW * n && long <= 0.05 * n;
  return label ? 'label' : 'text';
}

/** The distinct answers, most frequent first (then by name). */
export function labelsOf(responses: readonly CallResponse[]): string[] {
  return [...textCounts(responses)]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([text]) => text);
}

function textCounts(responses: readonly CallResponse[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { message } of responses) {
    const text = message.content.trim();
    if (text !== '') counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return counts;
}

/** The tools of the newest call, if all calls have the same but for a few versions; else none. */
export function commonTools(calls: readonly Call[]): readonly Tool[] {
  const versions = new Set(calls.map(({ request }) => canonicalJson(request.tools as unknown as Json)));
  return versions.size > TOOL_VERSIONS ? [] : (calls.at(-1)?.request.tools ?? []);
}

export function commonFormat(calls: readonly Call[]): JsonObject | null {
  const formats = new Set(calls.map(({ request }) => canonicalJson(request.responseFormat ?? null)));
  return formats.size === 1 ? (calls[0]?.request.responseFormat ?? null) : null;
}
