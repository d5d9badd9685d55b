/**
 * An answer as a tree of objects whose leaves are values, whichever its output kind: JSON as it is, tool calls as one
 * object with a key for each tool. What stands at a place of its own is a field; what stands within a list of objects
 * keeps its place in the form, the answer without its fields.
 * Does not: know which fields are copied or chosen (plan.ts).
 */
import { type OutputKind, parseAnswer, targetOf } from '../../core/answer.ts';
import { isObject, type Json, type JsonObject } from '../../core/json.ts';

/** Keys from the root, as JSON; [] stands for any element of a list. */
export type FieldKey = string;

/** A scalar, or a list of scalars. */
export interface Leaf {
  readonly key: FieldKey;
  readonly path: readonly string[];
  readonly value: Json;
  /** It stands within a list of objects, where its key does not say which one. */
  readonly repeated: boolean;
}

/** Holds what is not an object by itself: a list, or several calls of one tool. */
const WRAP = '';

/** The tree of an answer as targetOf writes it; null where it is not of its kind, or could not be written back. */
export function treeOf(kind: OutputKind, text: string): JsonObject | null {
  if (hasLongNumber(text)) return null;
  const answer = parseAnswer(kind, text);
  // Where answers are of several kinds, the structured ones are tool calls.
  if (kind === 'mixed' && answer?.kind !== 'tool') return null;
  switch (answer?.kind) {
    case 'json':
      return isObject(answer.value) && !(WRAP in answer.value) ? answer.value : { [WRAP]: answer.value };
    case 'tool': {
      const { uses } = answer;
      const names = new Set(uses.map(({ name }) => name));
      // Integers as keys would change the order of the calls.
      const apart =
        names.size === uses.length && uses.every(({ name }) => name !== WRAP && !/^\d/.test(name));
      const each = uses.map(({ name, arguments: args }) => [name, args] as const);
      return apart ? Object.fromEntries(each) : { [WRAP]: each.map((use) => Object.fromEntries([use])) };
    }
    default:
      return null;
  }
}

/** Whether there is a number, outside of strings, that a double does not hold: it would come back as another one. */
const hasLongNumber = (text: string): boolean =>
  /(?:\d\.?){16}|\d[eE][+-]?\d{3}/.test(text.replace(/"(?:[^"\\]|\\.)*"/gs, '""'));

/** Whether the keys of a tree are the names of tools. */
export const hasTools = (kind: OutputKind): boolean => kind === 'tool' || kind === 'mixed';

/** The inverse of treeOf. */
export function answerOfTree(kind: OutputKind, tree: JsonObject): string {
  const wrapped = tree[WRAP];
  if (kind === 'json') return targetOf({ kind: 'json', value: wrapped === undefined ? tree : wrapped });
  const uses = Array.isArray(wrapped)
    ? wrapped.filter(isObject).flatMap(Object.entries)
    : Object.entries(tree);
  return targetOf({
    kind: 'tool',
    uses: uses.map(([name, args]) => ({ name: name as string, arguments: args as Json })),
  });
}

const isScalar = (value: Json): boolean => typeof value !== 'object' || value === null;
const isLeaf = (value: Json): boolean => isScalar(value) || (Array.isArray(value) && value.every(isScalar));

/**
 * Walks the leaves in order and returns the tree with each replaced by what `map` gives; undefined takes it out, and
 * with it the objects that are empty then, unless `keeps` says otherwise.
 */
export function mapLeaves(
  tree: JsonObject,
  map: (leaf: Leaf) => Json | undefined,
  keeps: (path: readonly string[]) => boolean = () => true,
): JsonObject {
  const walkObject = (
    value: JsonObject,
    path: readonly string[],
    repeated: boolean,
  ): JsonObject | undefined => {
    const kept: [string, Json][] = [];
    for (const [name, item] of Object.entries(value)) {
      const out = walk(item, [...path, name], repeated);
      if (out !== undefined) kept.push([name, out]);
    }
    const emptied = kept.length === 0 && Object.keys(value).length > 0;
    return emptied && !repeated && !keeps(path) ? undefined : Object.fromEntries(kept);
  };
  const walk = (value: Json, path: readonly string[], repeated: boolean): Json | undefined => {
    if (isLeaf(value)) return map({ key: JSON.stringify(path), path, value, repeated });
    if (Array.isArray(value)) return value.map((item) => walk(item, [...path, '[]'], true) ?? null);
    return walkObject(value as JsonObject, path, repeated);
  };
  return walkObject(tree, [], false) ?? {};
}

/** Paths of the objects that are empty as they are. */
export function emptyObjects(tree: JsonObject): readonly FieldKey[] {
  const found: FieldKey[] = [];
  const walk = (value: Json, path: readonly string[]): void => {
    if (Array.isArray(value)) for (const item of value) walk(item, [...path, '[]']);
    else if (isObject(value)) {
      if (Object.keys(value).length === 0) found.push(JSON.stringify(path));
      for (const [name, item] of Object.entries(value)) walk(item, [...path, name]);
    }
  };
  walk(tree, []);
  return found;
}

/** Puts a value at its path, with the objects on the way; what is there and no object is left alone. */
export function setAt(tree: JsonObject, path: readonly string[], value: Json): void {
  let at = tree;
  for (const name of path.slice(0, -1)) {
    const next = Object.hasOwn(at, name) ? at[name] : undefined;
    if (isObject(next)) at = next;
    else if (next === undefined) {
      const made: JsonObject = {};
      put(at, name, made);
      at = made;
    } else return;
  }
  put(at, path.at(-1)!, value);
}

/** A key of any name, `__proto__` too. */
function put(object: JsonObject, name: string, value: Json): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}
