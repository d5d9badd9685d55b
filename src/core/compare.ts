/**
 * Equality of two answers by output kind, pure: the same comparison in the exam, in audits and among the LLM's own
 * answers. Exact where a difference could matter to the agent; lenient where the schema says that it cannot
 * (canonical.ts), where the team's policy allows it (equality-policy.ts), and in the white space around a text and its
 * Unicode form. docs/equality.md shows it, pair by pair.
 * Does not: judge free text; texts that differ are undecided here (evaluate/scorers asks a judge).
 */
import { type OutputKind, toolLines, unfence } from './answer.ts';
import { canonicalValue } from './canonical.ts';
import { sameCalls, type ToolCallValue } from './compare-calls.ts';
import { differenceOf, fieldScoreOf, shown, type TextPair } from './compare-values.ts';
import { ANSWER, type EqualityPolicy, type PolicyPlace, policyRoot } from './equality-policy.ts';
import { exactKey, isExactObject, parseExact } from './exact-json.ts';
import { schemaOfFormat } from './format.ts';
import { contentHash } from './ids.ts';
import { canonicalJson, isObject, type Json } from './json.ts';
import { labelOf } from './label.ts';
import { shapeOf } from './schema-shape.ts';
import type { Task } from './task.ts';
import { textKey } from './text-form.ts';

export interface Comparison {
  /** Null: equality cannot tell (texts that differ). */
  readonly right: boolean | null;
  /** Share of the fields of both answers that are equal; for JSON only. */
  readonly fieldScore: number | null;
  /** Why it is not right, in words; null where it is. Quotes the answers: for those who may read payloads. */
  readonly reason: string | null;
  /** Which field differs, by the names that the schemas have (`tool.field`), others as `*`; null where none does. */
  readonly field: string | null;
  /** The texts that differ, where nothing else does: a judge may say whether they are as good. */
  readonly texts: readonly TextPair[];
}

export interface CompareOptions {
  /** JSON Schema of the answer, where the task has a response format. */
  readonly schema?: Json;
  /** The response format's own name, for paths of policies. */
  readonly schemaName?: string;
  /** JSON Schema of each tool's arguments, by tool name. */
  readonly toolSchemas?: Readonly<Record<string, Json>>;
  /** The labels of the task: other spellings of one are that label. */
  readonly labels?: readonly string[];
  /** Which fields may differ, and how far. Default: none. */
  readonly policy?: EqualityPolicy;
}

/** Raised by one whenever answers become equal or different that were not: what was proved before is proved anew. */
const VERSION = 3;

/** Names what decides which answers are equal: the rules of this program and the policy; 16 hex digits. */
export function equalityId(policy: EqualityPolicy): string {
  return contentHash(canonicalJson([VERSION, policy] as unknown as Json), 16);
}

/** What comparison needs of the task (its schemas and labels) and of the configuration (`equality`). */
export function schemasOf(task: Task, policy: EqualityPolicy): CompareOptions {
  const schema = schemaOfFormat(task.responseFormat ?? undefined);
  const wrapper = task.responseFormat?.json_schema;
  const name = isObject(wrapper) ? wrapper.name : undefined;
  return {
    labels: task.labels,
    policy,
    ...(schema === undefined ? {} : { schema }),
    ...(typeof name === 'string' ? { schemaName: name } : {}),
    toolSchemas: Object.fromEntries(task.tools.map((tool) => [tool.name, tool.parameters])),
  };
}

/** Compares two answers as targetOf writes them. An answer that is not of the kind is wrong, and so is '', to anything. */
export function compareAnswers(
  kind: OutputKind,
  expected: string,
  actual: string,
  options: CompareOptions = {},
): Comparison {
  const isJson = kind === 'json';
  // '' is no answer at all: an empty one has a sign of its own (answer.ts).
  if (expected.trim() === '' || actual.trim() === '')
    return wrong(`there is no ${actual.trim() === '' ? '' : 'expected '}answer`, isJson ? 0 : null);
  const root = policyRoot(options.policy ?? NO_POLICY);
  if (kind === 'tool' || kind === 'mixed') return compareCalls(kind, expected, actual, root, options);
  const place = answerPlace(root, options);
  if (isJson) return compareJson(expected, actual, place, options);
  return compareTexts(kind, expected, actual, place, options);
}

const NO_POLICY: EqualityPolicy = {};

const RIGHT: Comparison = { right: true, fieldScore: null, reason: null, field: null, texts: [] };

function wrong(reason: string, fieldScore: number | null = null, field: string | null = null): Comparison {
  return { right: false, fieldScore, reason, field, texts: [] };
}

/** The root of the answer's paths: by the response format's name, else `answer`. */
function answerPlace(root: PolicyPlace, { schemaName }: CompareOptions): PolicyPlace {
  return schemaName === undefined ? root.named(ANSWER) : root.named(schemaName, ANSWER);
}

/** Labels in the task's spelling; a text that is JSON by its value, and what text-form.ts says of other texts. */
function compareTexts(
  kind: OutputKind,
  expected: string,
  actual: string,
  place: PolicyPlace,
  { labels = [] }: CompareOptions,
): Comparison {
  const isLabel = kind === 'label';
  const [want, got] = isLabel ? [labelOf(labels, expected), labelOf(labels, actual)] : [expected, actual];
  const texts: TextPair[] = [];
  const difference = differenceOf(want, got, place, [], texts);
  if (difference === null && texts.length === 0) return RIGHT;
  const json = jsonKey(want);
  if (json !== null && json === jsonKey(got)) return RIGHT;
  if (isLabel) return wrong(`${shown(got)} is not ${shown(want)}`);
  if (place.inherited !== 'exact' && textKey(want) === textKey(got)) return RIGHT;
  return undecided([{ expected: want, actual: got }]);
}

/** A text as the value that it is where it is a JSON object or array; null for other texts. */
function jsonKey(text: string): string | null {
  const value = /^\s*[{[]/.test(text) ? parseExact(text) : undefined;
  return value === undefined ? null : exactKey(value);
}

function undecided(
  texts: readonly TextPair[],
  fieldScore: number | null = null,
  field: string | null = null,
): Comparison {
  const [first] = texts;
  const reason = `the texts differ: ${shown(first?.actual ?? '')} is not ${shown(first?.expected ?? '')}`;
  return { right: null, fieldScore, reason, field, texts };
}

function compareJson(
  expected: string,
  actual: string,
  place: PolicyPlace,
  options: CompareOptions,
): Comparison {
  const { schema } = options;
  const want = parseExact(unfence(expected));
  const got = parseExact(unfence(actual));
  // An LLM that is asked for JSON now and then answers with a text.
  if (want === undefined && got === undefined) {
    const text = compareTexts('json', expected, actual, place, options);
    return { ...text, fieldScore: text.right === true ? 1 : 0 };
  }
  if (want === undefined) return wrong('JSON where a text is expected', 0);
  if (got === undefined) return wrong('a text where JSON is expected', 0);
  const [a, b] = [canonicalValue(want, schema), canonicalValue(got, schema)];
  const fieldScore = fieldScoreOf(a, b, place);
  const texts: TextPair[] = [];
  const difference = differenceOf(a, b, place, [], texts);
  if (difference !== null)
    return wrong(difference.reason, fieldScore, fieldNameOf(difference.path, ANSWER, schema));
  return texts.length === 0 ? { ...RIGHT, fieldScore } : undecided(texts, fieldScore);
}

function compareCalls(
  kind: OutputKind,
  expected: string,
  actual: string,
  root: PolicyPlace,
  options: CompareOptions,
): Comparison {
  const [want, got] = [callsIn(expected, options), callsIn(actual, options)];
  // In an agent's task the LLM also answers with a text, as at the end of its work.
  if (want === null && got === null)
    return compareTexts(kind, expected, actual, answerPlace(root, options), options);
  if (want === null) return wrong('a tool call where a text is expected');
  if (got === null) return wrong('a text where a tool call is expected');
  const texts: TextPair[] = [];
  const difference = sameCalls(want, got, root, texts);
  if (difference === null) return texts.length === 0 ? RIGHT : undecided(texts);
  const { tool, path, reason } = difference;
  const field = tool === null ? null : fieldNameOf(path, tool, toolSchema(tool, options));
  return wrong(reason, null, field);
}

function toolSchema(name: string, { toolSchemas = {} }: CompareOptions): Json | undefined {
  return Object.hasOwn(toolSchemas, name) ? toolSchemas[name] : undefined;
}

/** The tool calls that a text writes, as their schemas mean them; null where it is another text. */
function callsIn(text: string, options: CompareOptions): ToolCallValue[] | null {
  const calls: ToolCallValue[] = [];
  for (const [name, json] of toolLines(text)) {
    const value = parseExact(json);
    // Arguments are an object, and a custom tool's input a text: `Total 42` is neither.
    if (typeof value !== 'string' && !isExactObject(value)) return null;
    calls.push({ name, value: canonicalValue(value, toolSchema(name, options)) });
  }
  return calls;
}

/**
 * A path in the schema's own words: names that it does not have may be a caller's data, and are `*`.
 * Does not look into choices between schemas.
 */
function fieldNameOf(path: readonly (string | number)[], root: string, schema: Json | undefined): string {
  let name = root;
  let at = schema;
  for (const step of path) {
    const shape = shapeOf(at, undefined, schema);
    if (typeof step === 'number') {
      name += '[]';
      at = shape.itemAt(step);
    } else {
      at = shape.properties.get(step);
      name += at === undefined ? '.*' : `.${step}`;
      at ??= shape.additional;
    }
  }
  return name;
}
