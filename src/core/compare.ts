/**
 * Equality of two answers by output kind, pure: the same comparison in the exam and in audits.
 * Label: equal texts. JSON: equal after the schema's normalisation, and a share of equal fields. Tool calls: the AST
 * rules of the Berkeley Function Calling Leaderboard (bfcl_eval/eval_checker/ast_eval/ast_checker.py).
 * Does not: judge free text; texts that differ are undecided here (evaluate/scorers asks a judge).
 */
import { type OutputKind, parseAnswer, type ToolUse } from './answer.ts';
import { schemaOfFormat } from './format.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import { labelOf } from './label.ts';
import type { Task } from './task.ts';

export interface Comparison {
  /** Null: equality cannot tell (texts that differ). */
  readonly right: boolean | null;
  /** Share of the expected answer's fields that are equal; for JSON only. */
  readonly fieldScore: number | null;
}

export interface CompareOptions {
  /** JSON Schema of the answer, where the task has a response format. */
  readonly schema?: Json;
  /** JSON Schema of each tool's arguments, by tool name. */
  readonly toolSchemas?: Readonly<Record<string, Json>>;
  /** The labels of the task: other spellings of one are that label. */
  readonly labels?: readonly string[];
}

/** What comparison needs of the task: the schemas of its response format and tools, and its labels. */
export function schemasOf(task: Task): CompareOptions {
  const schema = schemaOfFormat(task.responseFormat ?? undefined);
  return {
    labels: task.labels,
    ...(schema === undefined ? {} : { schema }),
    toolSchemas: Object.fromEntries(task.tools.map((tool) => [tool.name, tool.parameters])),
  };
}

/** Compares two answers as targetOf writes them. An answer that is not of the kind is wrong. */
export function compareAnswers(
  kind: OutputKind,
  expected: string,
  actual: string,
  options: CompareOptions = {},
): Comparison {
  if (kind === 'label') {
    const { labels = [] } = options;
    return { right: labelOf(labels, expected) === labelOf(labels, actual), fieldScore: null };
  }
  if (kind === 'text') {
    if (actual.trim() === '') return { right: false, fieldScore: null };
    const squeeze = (text: string): string => text.trim().replace(/\s+/g, ' ');
    return { right: squeeze(expected) === squeeze(actual) ? true : null, fieldScore: null };
  }
  const want = parseAnswer(kind, expected);
  const got = parseAnswer(kind, actual);
  if (want?.kind === 'json') {
    if (got?.kind !== 'json') return { right: false, fieldScore: 0 };
    const a = normalise(want.value, options.schema);
    const b = normalise(got.value, options.schema);
    return { right: sameValue(a, b, sameText), fieldScore: fieldScore(a, b) };
  }
  const right = want?.kind === 'tool' && got?.kind === 'tool' && sameUses(want.uses, got.uses, options);
  return { right, fieldScore: null };
}

/** Each parallel call is compared with each: no model that we train makes more. */
const MAX_USES = 64;

/** The same uses in any order: parallel calls have none. */
function sameUses(want: readonly ToolUse[], got: readonly ToolUse[], options: CompareOptions): boolean {
  if (want.length !== got.length || want.length > MAX_USES) return false;
  const left = [...got];
  return want.every((use) => {
    const schema = ownProperty(options.toolSchemas ?? {}, use.name);
    const args = normalise(use.arguments, schema);
    const at = left.findIndex(
      (other) => other.name === use.name && sameValue(args, normalise(other.arguments, schema), sameToolText),
    );
    if (at < 0) return false;
    left.splice(at, 1);
    return true;
  });
}

function sameValue(a: Json, b: Json, sameString: (a: string, b: string) => boolean): boolean {
  if (typeof a === 'string' && typeof b === 'string') return sameString(a, b);
  if (typeof a === 'number' && typeof b === 'number')
    return a === b || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
  if (Array.isArray(a))
    return (
      Array.isArray(b) && a.length === b.length && a.every((item, i) => sameValue(item, b[i]!, sameString))
    );
  if (isObject(a)) {
    if (!isObject(b)) return false;
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...keys].every((key) => {
      const [x, y] = [ownProperty(a, key), ownProperty(b, key)];
      return x !== undefined && y !== undefined && sameValue(x, y, sameString);
    });
  }
  return a === b;
}

const sameText = (a: string, b: string): boolean => a.trim() === b.trim();

const sameToolText = (a: string, b: string): boolean => standardise(a) === standardise(b);

/**
 * BFCL's standardize_string: without spaces and the punctuation , . / - _ * ^, in lower case, one kind of quote.
 * Stricter here: between two digits, and as a sign, punctuation stays (as one mark), or 1.5 would equal 15.
 */
function standardise(text: string): string {
  return text
    .trim()
    .replace(/(?<=\d)[ ,./\-_*^]+(?=\d)/g, '·')
    .replace(/^-(?=\d)/, '−')
    .replace(/[ ,./\-_*^]/g, '')
    .toLowerCase()
    .replaceAll("'", '"');
}

/**
 * The value as its schema means it: numbers and booleans written as text become what the schema asks for, null
 * properties that are not required are left out, absent ones with a default are filled in. Without a schema only
 * nulls in objects are left out: absent and null say the same.
 */
function normalise(value: Json, schema: Json | undefined): Json {
  const shape = isObject(schema) ? schema : {};
  const type = shape.type;
  const wants = (name: string): boolean => type === name || (Array.isArray(type) && type.includes(name));
  if (Array.isArray(value)) return value.map((item) => normalise(item, shape.items));
  if (isObject(value)) {
    const properties = isObject(shape.properties) ? shape.properties : {};
    // Without a prototype: a caller's key may be __proto__.
    const out: { [key: string]: Json } = Object.create(null);
    for (const [key, item] of Object.entries(value))
      if (item !== null) out[key] = normalise(item, ownProperty(properties, key));
    for (const [key, property] of Object.entries(properties)) {
      const fallback = isObject(property) ? property.default : undefined;
      if (!Object.hasOwn(value, key) && fallback !== undefined && fallback !== null) out[key] = fallback;
    }
    return out;
  }
  if (typeof value === 'string' && !wants('string')) {
    const text = value.trim();
    if ((wants('number') || wants('integer')) && text !== '' && Number.isFinite(Number(text)))
      return Number(text);
    if (wants('boolean') && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  }
  if (typeof value === 'number' && wants('string') && !wants('number') && !wants('integer'))
    return String(value);
  return value;
}

/** The object's own property: any text may come as a key, and `constructor` is a property of every object. */
function ownProperty(object: Readonly<Record<string, Json>>, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/**
 * Share of leaf fields of both answers (by path) that are there in both and equal; 1 where neither has any. Both are
 * walked together: paths as texts would be as long as all keys above them, for each leaf.
 */
function fieldScore(want: Json, got: Json): number {
  let equal = 0;
  let all = 0;
  const walk = (a: Json | undefined, b: Json | undefined): void => {
    if (Array.isArray(a) && Array.isArray(b)) {
      for (let i = 0; i < Math.max(a.length, b.length); i++) walk(a[i], b[i]);
    } else if (isObject(a) && isObject(b)) {
      for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
        walk(ownProperty(a, key), ownProperty(b, key));
    } else if (isLeaf(a) && isLeaf(b)) {
      all++;
      if (sameValue(a, b, sameText)) equal++;
    } else {
      all += countLeaves(a) + countLeaves(b);
    }
  };
  walk(want, got);
  return all === 0 ? 1 : equal / all;
}

const isLeaf = (value: Json | undefined): value is Json =>
  value !== undefined && !isObject(value) && !Array.isArray(value);

function countLeaves(value: Json | undefined): number {
  if (value === undefined) return 0;
  if (isLeaf(value)) return 1;
  return Object.values(value as JsonObject | Json[]).reduce<number>(
    (sum, item) => sum + countLeaves(item),
    0,
  );
}
