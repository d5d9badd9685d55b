/**
 * Where two JSON values differ, under the policies for their fields; both as canonical.ts writes them.
 * Does not: know schemas, tools or output kinds (compare.ts).
 */
import type { PolicyPlace, Tolerance } from './equality-policy.ts';
import {
  type Exact,
  type ExactObject,
  exactKey,
  isExactObject,
  isNear,
  isNumeral,
  type Numeral,
  numeralKey,
  numeralOf,
  showNumeral,
} from './exact-json.ts';

/** Two texts that only a judge can tell to be as good. */
export interface TextPair {
  readonly expected: string;
  readonly actual: string;
}

export type Path = readonly (string | number)[];

export interface Difference {
  readonly path: Path;
  /** In words, with the values. */
  readonly reason: string;
}

/**
 * The first difference; null where there is none, or only texts that a policy leaves to a judge: they are added to
 * `texts`. @param path Of the two values within the answer.
 */
export function differenceOf(
  want: Exact,
  got: Exact,
  place: PolicyPlace,
  path: Path,
  texts: TextPair[],
): Difference | null {
  if (place.own === 'ignore') return null;
  if (isList(want) && isList(got))
    return place.own === 'set'
      ? differenceOfSets(want, got, place, path)
      : differenceOfLists(want, got, place, path, texts);
  if (isExactObject(want) && isExactObject(got)) return differenceOfObjects(want, got, place, path, texts);
  if (isSameLeaf(want, got, place)) return null;
  if (place.inherited === 'text' && typeof want === 'string' && typeof got === 'string') {
    texts.push({ expected: want, actual: got });
    return null;
  }
  return { path, reason: `${where(path)}${shown(got)} is not ${shown(want)}` };
}

function differenceOfLists(
  want: readonly Exact[],
  got: readonly Exact[],
  place: PolicyPlace,
  path: Path,
  texts: TextPair[],
): Difference | null {
  if (want.length !== got.length)
    return { path, reason: `${where(path)}${got.length} items, not ${want.length}` };
  const item = place.item();
  for (const [i, each] of want.entries()) {
    const difference = differenceOf(each, got[i]!, item, [...path, i], texts);
    if (difference !== null) return difference;
  }
  return null;
}

function differenceOfObjects(
  want: ExactObject,
  got: ExactObject,
  place: PolicyPlace,
  path: Path,
  texts: TextPair[],
): Difference | null {
  const [a, b] = [byName(want), byName(got)];
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    const below = place.key(key);
    if (below.own === 'ignore') continue;
    const [x, y] = [a.get(key), b.get(key)];
    const at = [...path, key];
    if (x === undefined) return { path: at, reason: `${where(at)}is not expected` };
    if (y === undefined) return { path: at, reason: `${where(at)}is missing` };
    const difference = differenceOf(x, y, below, at, texts);
    if (difference !== null) return difference;
  }
  return null;
}

/** An object's properties, names in one Unicode form; as they are where two names would become one. */
function byName(object: ExactObject): ExactObject {
  const out = new Map([...object].map(([key, value]) => [key.normalize('NFC'), value]));
  return out.size === object.size ? out : object;
}

/** Whether each item of one array has an equal in the other, both ways. */
function differenceOfSets(
  want: readonly Exact[],
  got: readonly Exact[],
  place: PolicyPlace,
  path: Path,
): Difference | null {
  const item = place.item();
  const [a, b] = [byKey(want, item), byKey(got, item)];
  const unmatched = (from: ReadonlyMap<string, Exact>, to: ReadonlyMap<string, Exact>): Exact | undefined => {
    let left = MAX_PAIRS;
    for (const [key, value] of from) {
      if (to.has(key)) continue;
      // Equal with another key only by a policy, such as a tolerance.
      const found = [...to.values()].some((other) => left-- > 0 && isEqual(value, other, item));
      if (!found) return value;
    }
    return undefined;
  };
  const missing = unmatched(a, b);
  if (missing !== undefined) return { path, reason: `${where(path)}${shown(missing)} is missing` };
  const extra = unmatched(b, a);
  return extra === undefined ? null : { path, reason: `${where(path)}${shown(extra)} is not expected` };
}

/** Comparisons of items that have no equal by their key; more are not made. */
export const MAX_PAIRS = 10_000;

/** Equal without a judge. */
export function isEqual(a: Exact, b: Exact, place: PolicyPlace): boolean {
  const texts: TextPair[] = [];
  return differenceOf(a, b, place, [], texts) === null && texts.length === 0;
}

const byKey = (items: readonly Exact[], place: PolicyPlace): Map<string, Exact> =>
  new Map(items.map((item) => [keyOf(item, place), item]));

/** Values of the same key are equal; those of different keys may still be, by a policy. */
export function keyOf(value: Exact, place: PolicyPlace): string {
  return exactKey(value, (text) => plainText(text, place.inherited === 'exact'));
}

/** Leaves, or values of different kinds. */
function isSameLeaf(a: Exact, b: Exact, { inherited }: PolicyPlace): boolean {
  if (typeof a === 'string' && typeof b === 'string') {
    const [x, y] = [plainText(a, inherited === 'exact'), plainText(b, inherited === 'exact')];
    return x === y || (inherited === 'case-insensitive' && foldCase(x) === foldCase(y));
  }
  if (isNumeral(a) && isNumeral(b))
    return numeralKey(a) === numeralKey(b) || (isTolerance(inherited) && isWithin(a, b, inherited));
  return a === b;
}

const isTolerance = (policy: PolicyPlace['own']): policy is Tolerance =>
  typeof policy === 'object' && policy !== null;

function isWithin(a: Numeral, b: Numeral, tolerance: Tolerance): boolean {
  const relative = 'relative' in tolerance;
  const limit = numeralOf(String(relative ? tolerance.relative : tolerance.absolute));
  return limit !== null && isNear(a, b, limit, relative);
}

/** Lower case by way of upper case, so that ß and SS are one. */
const foldCase = (text: string): string => text.toUpperCase().toLowerCase().normalize('NFC');

/** Indentation of the first line that is not blank: of code, where it means something. */
const INDENTATION = /(?:^|\n)([^\S\n]*\t[^\S\n]*|[^\S\n]{2,})(?=\S)/;

/**
 * Without the white space around it, in one Unicode form. White space alone is a value (a separator, a line end), and so is
 * the indentation of the first line: a tool that edits files is told where to put it.
 */
function plainText(text: string, isExact: boolean): string {
  if (isExact) return text;
  const trimmed = text.trim();
  if (trimmed === '') return text;
  const start = text.length - text.trimStart().length;
  const indentation =
    start < 2 && text[0] !== '\t' ? '' : (INDENTATION.exec(text.slice(0, start + 1))?.[1] ?? '');
  return indentation + trimmed.normalize('NFC');
}

/** Share of leaves of both values, by path, that are there in both and equal; 1 where neither has any. */
export function fieldScoreOf(want: Exact, got: Exact, root: PolicyPlace): number {
  let equal = 0;
  let all = 0;
  const walk = (a: Exact | undefined, b: Exact | undefined, place: PolicyPlace): void => {
    if (place.own === 'ignore') return;
    if (isList(a) && isList(b)) {
      if (place.own === 'set' && differenceOfSets(a, b, place, []) === null) {
        const leaves = countLeaves(a, place);
        all += leaves;
        equal += leaves;
        return;
      }
      const item = place.item();
      for (let i = 0; i < Math.max(a.length, b.length); i++) walk(a[i], b[i], item);
    } else if (isExactObject(a) && isExactObject(b)) {
      const [x, y] = [byName(a), byName(b)];
      for (const key of new Set([...x.keys(), ...y.keys()])) walk(x.get(key), y.get(key), place.key(key));
    } else if (isLeaf(a) && isLeaf(b)) {
      all++;
      if (isSameLeaf(a, b, place)) equal++;
    } else {
      all += countLeaves(a, place) + countLeaves(b, place);
    }
  };
  walk(want, got, root);
  return all === 0 ? 1 : equal / all;
}

const isList = (value: Exact | undefined): value is readonly Exact[] => Array.isArray(value);

const isLeaf = (value: Exact | undefined): value is null | boolean | string | Numeral =>
  value !== undefined && !isExactObject(value) && !isList(value);

function countLeaves(value: Exact | undefined, place: PolicyPlace): number {
  if (value === undefined || place.own === 'ignore') return 0;
  if (isLeaf(value)) return 1;
  const parts: readonly (readonly [Exact, PolicyPlace])[] = isExactObject(value)
    ? [...value].map(([key, item]) => [item, place.key(key)])
    : value.map((item) => [item, place.item()]);
  return parts.reduce((sum, [item, below]) => sum + countLeaves(item, below), 0);
}

/** 'field `a.b[2]`: ', or nothing at the root. */
function where(path: Path): string {
  if (path.length === 0) return '';
  const text = path
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i === 0 ? '' : '.'}${step}`))
    .join('');
  return `field \`${text}\`: `;
}

const MAX_SHOWN = 60;

/** A value as a reason quotes it. */
export function shown(value: Exact): string {
  const text = isNumeral(value) ? showNumeral(value) : exactKey(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
