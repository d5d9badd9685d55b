/** What a task's answers are, and what its calls have in common: output kind, labels, tools, response format. */
import { aroundVolatile } from '../callsite/volatile-values.ts';
import { type AnswerKind, answerOf, type OutputKind, parseAnswer } from '../core/answer.ts';
import { type Call, type CallResponse, type Tool, UNTIMED } from '../core/call.ts';
import { isSameBias, limitKey, logitBias, tokenLimit } from '../core/demands.ts';
import { constraintsOf } from '../core/format.ts';
import { canonicalJson, type Json, type JsonObject } from '../core/json.ts';
import { foldSpellings, indexOfLabel } from '../core/label.ts';
import { withoutReasoning } from '../core/reasoning.ts';
import { referenceOf } from '../core/reference.ts';
import type { Task } from '../core/task.ts';
import { estimateTokens } from '../core/tokens.ts';

const LABELS = 200;
const LABEL_LENGTH = 60;
const SEEN_EACH = 3;
/** Share of answers seen once: about the chance that the next answer is a new one (Good 1953). */
const NEW = 0.1;
/** More versions of the tools than an author makes: they are made per request. */
const TOOL_VERSIONS = 3;

/** A kind with a smaller share of the answers is an exception: no specialist need learn it. */
const MIN_SHARE = 0.01;
/** JSON with fewer texts among it than this is JSON with an excuse now and then. */
const TEXTS_AMONG_JSON = 0.05;

/** The output kind of answered calls, mixed where they are of several; 'text' where there is none. */
export function outputKindOf(responses: readonly CallResponse[]): OutputKind {
  const n = responses.length;
  if (n === 0) return 'text';
  const answers = responses.map(answerOf);
  const share = (kind: string) => answers.filter((answer) => answer.kind === kind).length / n;
  const tools = share('tool');
  if (tools > 1 - MIN_SHARE) return 'tool';
  if (tools >= MIN_SHARE) return 'mixed';
  const json = share('json');
  if (json >= 1 - TEXTS_AMONG_JSON) return 'json';
  if (areLabels(textsOf(responses))) return 'label';
  return json >= TEXTS_AMONG_JSON && responses.some(isBareJson) ? 'mixed' : 'text';
}

/** JSON that is not in a fence, where it would be a text like others. */
const isBareJson = ({ message }: CallResponse): boolean => /^\s*[{[]/.test(withoutReasoning(message.content));

/** The share of answered calls by the kind of their answers. */
export function kindShares(
  kind: OutputKind,
  responses: readonly CallResponse[],
): Readonly<Partial<Record<AnswerKind, number>>> {
  const counts = Map.groupBy(responses, (response): AnswerKind => {
    const answer = answerOf(response).kind;
    return answer !== 'tool' && (kind === 'label' || kind === 'text') ? kind : answer;
  });
  const share = (n: number): number => Number((n / responses.length).toPrecision(4));
  return Object.fromEntries([...counts].map(([own, { length }]) => [own, share(length)]));
}

/** Whether texts are of a closed set. */
function areLabels(texts: readonly string[]): boolean {
  const n = texts.length;
  const counts = foldSpellings(countsOf(texts));
  const once = [...counts.values()].filter((times) => times === 1).length;
  const long = texts.filter((text) => text.length > LABEL_LENGTH).length;
  return counts.size <= LABELS && n >= SEEN_EACH * counts.size && once <= NEW * n && long <= 0.05 * n;
}

/**
 * The distinct answers, each in its most frequent spelling, most frequent first (then by name); '' is one, too.
 * @param prompt What the author wrote, for labels that differ in case alone.
 */
export function labelsOf(responses: readonly CallResponse[], prompt = ''): string[] {
  return [...foldSpellings(countsOf(textsOf(responses)), prompt).keys()];
}

/** For each label the narrowest limit under which it was given, in tokens; null where no call had one. */
export function labelLimitsOf(
  calls: readonly Call[],
  task: Pick<Task, 'kind' | 'labels'>,
): (number | null)[] {
  const limits: (number | null)[] = task.labels.map(() => null);
  for (const { request, response } of calls) {
    const limit = tokenLimit(request);
    const answer = response && parseAnswer('label', referenceOf(task, response));
    const at = answer?.kind === 'text' ? indexOfLabel(task.labels, answer.text) : -1;
    if (limit !== null && at >= 0) limits[at] = Math.min(limit, limits[at] ?? limit);
  }
  return limits;
}

/**
 * The narrowest limits under which texts were given that are longer by estimate, by limitKey: cut by it, as their callers
 * wanted, or of long tokens. At least as many calls have each as make a class of it.
 */
export function textLimitsOf(calls: readonly Call[]): Readonly<Record<string, number>> {
  const given = new Map<string, { times: number; limit: number }>();
  for (const { request, response } of calls) {
    const limit = tokenLimit(request);
    if (limit === null || !response || (response.message.toolCalls ?? []).length > 0) continue;
    const text = withoutReasoning(response.message.content);
    if (estimateTokens(text) <= limit) continue;
    const known = given.get(text) ?? { times: 0, limit };
    given.set(text, { times: known.times + 1, limit: Math.min(known.limit, limit) });
  }
  const often = [...given].filter(([, { times }]) => times >= SEEN_EACH);
  return Object.fromEntries(often.map(([text, { limit }]) => [limitKey(text), limit]));
}

/** The biases by token that each of the calls had; null where there are none, or not the same. */
export function commonBias(calls: readonly Call[]): JsonObject | null {
  const [first, ...others] = calls.map(({ request }) => logitBias(request));
  return first && others.every((bias) => isSameBias(first, bias)) ? first : null;
}

/** The texts of those that are no tool calls. */
function textsOf(responses: readonly CallResponse[]): string[] {
  return responses
    .filter(({ message }) => (message.toolCalls ?? []).length === 0)
    .map(({ message }) => withoutReasoning(message.content));
}

function countsOf(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

/**
 * The tools of the newest call, if all calls have the same but for a few versions; else none. Times and ids that a program
 * writes into a description make no other version.
 */
export function commonTools(calls: readonly Call[]): readonly Tool[] {
  const constant = new Map<string, string>();
  const versions = new Set(
    calls.map(({ request, at, tags }) => {
      const text = canonicalJson(request.tools as unknown as Json);
      let known = constant.get(text);
      if (known === undefined) {
        known = aroundVolatile(text, UNTIMED in tags ? null : at).join('\0');
        constant.set(text, known);
      }
      return known;
    }),
  );
  return versions.size > TOOL_VERSIONS ? [] : (calls.at(-1)?.request.tools ?? []);
}

/** The newest call's response format, if those of all calls allow the same answers; else null. */
export function commonFormat(calls: readonly Call[]): JsonObject | null {
  const formats = new Set(calls.map(({ request }) => constraintsOf(request.responseFormat)));
  return formats.size === 1 ? (calls.at(-1)?.request.responseFormat ?? null) : null;
}
