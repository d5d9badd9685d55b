/**
 * What a task's answers are made of, learnt from examples: their forms, and for each field whether its values are copied
 * from the input (and how they are edited), chosen among a few, or neither. Plain data that JSON can hold.
 * Does not: say where in an input a value stands (targets.ts), or answer (compose.ts).
 */
import type { OutputKind } from '../../core/answer.ts';
import type { JsonObject } from '../../core/json.ts';
import { placesOf, sourceOf } from './align.ts';
import { isQuantity, type Writing } from './edits.ts';
import { emptyObjects, type FieldKey, hasTools, type Leaf, mapLeaves, treeOf } from './tree.ts';
import { conversationIn, copyPlaces, learnWritings, NOT_WRITTEN, type Single } from './writing.ts';

/** Options of a field beside values, which are written as JSON. */
export const [COPY, ABSENT, OTHER] = ['=copy', '=absent', '=other'] as const;

export interface Field extends Writing {
  readonly key: FieldKey;
  readonly path: readonly string[];
  /** It stands in the form, as often as the form says: within a list of objects. */
  readonly repeated: boolean;
  /** Which stretches of the input are its values; null where they are never copied. Fields that mean the same share one. */
  readonly tag: number | null;
  /** Several values, in the order of the input. */
  readonly many: boolean;
  /** What it may be. With `chosen` a head of the model says which; else it is copied where a stretch is found. */
  readonly options: readonly string[];
  readonly chosen: boolean;
}

export interface ExtractionPlan {
  readonly fields: readonly Field[];
  readonly tags: number;
  /** Paths of objects that stay when they are empty. */
  readonly kept: readonly FieldKey[];
  /** Paths of keys in the order in which answers have them. */
  readonly order: readonly FieldKey[];
}

/** A leaf of an answer and, for each value in it, the places of the input that it may have been copied from. */
export interface ReadLeaf extends Leaf {
  readonly singles: readonly Single[];
}

/** An example, read: of its input, what its answer may have been copied from. */
export interface ReadExample {
  readonly input: string;
  /** Null where the answer is not of its kind. */
  readonly tree: JsonObject | null;
  readonly leaves: ReadonlyMap<FieldKey, readonly ReadLeaf[]>;
}

/** @param conversation Which examples are of one conversation. Default: those that begin alike. */
export function readExample(
  kind: OutputKind,
  input: string,
  answer: string,
  conversation: string = conversationIn(input),
): ReadExample {
  const tree = treeOf(kind, answer);
  const leaves = new Map<FieldKey, ReadLeaf[]>();
  if (tree !== null) {
    const source = sourceOf(input);
    mapLeaves(tree, (leaf) => {
      const values = Array.isArray(leaf.value) ? leaf.value : [leaf.value];
      const { quoted } = source;
      const singles = values.map((value): Single => {
        return { value, places: placesOf(source, value), input, quoted, conversation };
      });
      leaves.set(leaf.key, [...(leaves.get(leaf.key) ?? []), { ...leaf, singles }]);
      return leaf.value;
    });
  }
  return { input, tree, leaves };
}

/** Share of a field's values that must stand in the input for it to be one that copies. */
const MIN_COPIED = 0.5;
/** A field of so few values is a choice, unless nearly all of them stand in the input. */
const [FEW_VALUES, NEARLY_ALL] = [30, 0.9];
/** Share of values met once: about the chance that the next one is new (Good 1953). */
const NEW = 0.005;
/** A share of values neither copied nor chosen below which no head is asked about them. */
const NEGLIGIBLE = 0.05;
/** Most values that a field is chosen among. */
const MAX_OPTIONS = 300;

export function learnPlan(kind: OutputKind, read: readonly ReadExample[]): ExtractionPlan {
  const trees = read.flatMap(({ tree }) => (tree === null ? [] : [tree]));
  const keys = [...new Set(read.flatMap(({ leaves }) => [...leaves.keys()]))].sort();
  const leavesOf = keys.map((key) => read.flatMap(({ leaves }) => leaves.get(key) ?? []));
  const writings = learnWritings(
    leavesOf.map((leaves, i) => {
      const many = areMany(leaves);
      const values = leaves.filter((leaf) => isFilled(leaf, many)).flatMap(({ singles }) => singles);
      return { name: lastKey(JSON.parse(keys[i]!) as string[]), values };
    }),
  );
  const fields = keys.map((key, i) => learnField(kind, key, read, leavesOf[i]!, writings[i]!));
  const names = tagNames(kind, fields, read);
  const tags = [...new Set(names.filter((name) => name !== null))].sort();
  return {
    fields: fields.map((field, i) => {
      const name = names[i] ?? null;
      return { ...field, tag: name === null ? null : tags.indexOf(name) };
    }),
    tags: tags.length,
    kept: [...new Set(trees.flatMap(emptyObjects))].sort(),
    order: keyOrder(trees),
  };
}

type Learnt = Omit<Field, 'tag'> & { readonly copies: boolean };

const lastKey = (path: readonly string[]): string => path.filter((name) => name !== '[]').at(-1) ?? '';

/** Whether most of a field's values are lists. */
const areMany = (leaves: readonly Leaf[]): boolean =>
  leaves.filter(({ value }) => Array.isArray(value)).length * 2 > leaves.length;

function learnField(
  kind: OutputKind,
  key: FieldKey,
  read: readonly ReadExample[],
  mine: readonly ReadLeaf[],
  { writing, share }: ReturnType<typeof learnWritings>[number],
): Learnt {
  const path = JSON.parse(key) as string[];
  const many = areMany(mine);
  const repeated = mine.some((leaf) => leaf.repeated);
  const { edits } = writing;
  const isCopied = (leaf: ReadLeaf): boolean =>
    isFilled(leaf, many) && leaf.singles.every((single) => copyPlaces(single, writing).length > 0);
  const copied = mine.map(isCopied);
  const times = new Map<string, number>();
  for (const { value } of mine) times.set(JSON.stringify(value), (times.get(JSON.stringify(value)) ?? 0) + 1);
  // Of days few are met in a short time, and others later. Nor are arguments few where new ones keep coming.
  const areDays = edits.some((edit) => edit.startsWith('day after '));
  const once = [...times.values()].filter((n) => n === 1).length;
  const isOpen = areDays || (hasTools(kind) && once > NEW * mine.length);
  // Words tell which of a few names is meant, but not which of a few numbers: those are read where they stand.
  const isRead = share >= MIN_COPIED && edits.some(isQuantity);
  const isFew = times.size <= FEW_VALUES && times.size * 5 <= mine.length;
  const isChoice = isFew && share < NEARLY_ALL && !isRead && !isOpen;
  const copies = share >= MIN_COPIED && copied.filter(Boolean).length >= 2 && !isChoice;

  const counts = new Map<string, number>();
  const count = (option: string, by = 1): void => void counts.set(option, (counts.get(option) ?? 0) + by);
  for (const [i, { value }] of mine.entries()) count(copies && copied[i] ? COPY : JSON.stringify(value));
  const parents = read.filter(({ tree }) => tree !== null && hasParent(kind, tree, path)).length;
  if (!repeated && parents > mine.length) count(ABSENT, parents - mine.length);
  const least = copies ? Math.max(3, Math.ceil(mine.length / 200)) : 2;
  const known = [...counts]
    .filter(([option, n]) => option === COPY || option === ABSENT || n >= least)
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(0, MAX_OPTIONS);
  const rest = mine.length + (counts.get(ABSENT) ?? 0) - known.reduce((sum, [, n]) => sum + n, 0);
  const others = known.filter(([option]) => option !== COPY).length;
  // Where nothing is copied there is one thing to be, and whether something is copied the tagger says; or nothing is
  // ever anything else, but for an example or two.
  const simple = copies
    ? others <= 1 && rest <= NEGLIGIBLE * mine.length
    : others === 1 && rest * 200 <= mine.length + (counts.get(ABSENT) ?? 0);
  const options = known.map(([option]) => option);
  if (rest > 0 && !simple) options.push(OTHER);
  const chosen = !repeated && !simple && options.length > 1;
  return { key, path, repeated, many, ...(copies ? writing : NOT_WRITTEN), options, chosen, copies };
}

/** Whether a field could be there: where its tool is called, or always. */
export const hasParent = (kind: OutputKind, tree: JsonObject, path: readonly string[]): boolean =>
  !hasTools(kind) || Object.hasOwn(tree, path[0] ?? '');

/** Whether there is something to copy, in the shape that the field has. */
export const isFilled = ({ value }: Leaf, many: boolean): boolean =>
  Array.isArray(value) === many && (!Array.isArray(value) || value.length > 0);

/**
 * A name for each copying field: its last key, so that the same thing is learnt once for all tools that ask for it; the
 * whole path where one tool, or one answer, could have two fields of that key.
 */
function tagNames(
  kind: OutputKind,
  fields: readonly Learnt[],
  read: readonly ReadExample[],
): readonly (string | null)[] {
  const clashing = new Set<string>();
  const copying = fields.filter(({ copies }) => copies);
  const owners = new Set<string>();
  for (const field of copying) {
    const owner = JSON.stringify([hasTools(kind) ? field.path[0]! : '', lastKey(field.path)]);
    if (owners.has(owner)) clashing.add(lastKey(field.path));
    owners.add(owner);
  }
  for (const { leaves } of read) {
    const seen = new Set<string>();
    for (const field of copying) {
      if (!leaves.has(field.key)) continue;
      if (seen.has(lastKey(field.path))) clashing.add(lastKey(field.path));
      seen.add(lastKey(field.path));
    }
  }
  return fields.map((field) => {
    if (!field.copies) return null;
    return clashing.has(lastKey(field.path)) ? field.key : lastKey(field.path);
  });
}

/** Paths of all keys outside of lists, by their mean place among those of their object. */
function keyOrder(trees: readonly JsonObject[]): readonly FieldKey[] {
  const places = new Map<FieldKey, { sum: number; n: number }>();
  const walk = (object: JsonObject, path: readonly string[]): void => {
    Object.entries(object).forEach(([name, value], place) => {
      const key = JSON.stringify([...path, name]);
      const seen = places.get(key) ?? { sum: 0, n: 0 };
      places.set(key, { sum: seen.sum + place, n: seen.n + 1 });
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) walk(value, [...path, name]);
    });
  };
  for (const tree of trees) walk(tree, []);
  return [...places].sort(([, a], [, b]) => a.sum / a.n - b.sum / b.n).map(([key]) => key);
}
