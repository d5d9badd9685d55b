/**
 * From the class probabilities of pieces to entities: a word is of the kind that its pieces are of on average,
 * neighbouring words of one kind are one entity, and an entity begins and ends with a whole word.
 * Pure.
 */
import type { Entity, EntityKind } from '../../core/entity.ts';
import { meaningOf } from './kinds.ts';
import type { Pieces } from './pieces.ts';

/** Probability that a word is of its kind below which it is left alone. Chosen on benchmarks/pii's development set. */
const LEAST = 0.5;
const LEAST_BY_KIND: Partial<Record<EntityKind, number>> = {};

/** What may stand between two words of one entity. Across lines only addresses go on. */
const BETWEEN = /^[ \t\u00a0]{0,2}[-'’.·/]?[ \t\u00a0]{0,2}$/;
const BETWEEN_NUMBERS = /^[ \t\u00a0]{0,2}[-.·/()+:]{0,2}[ \t\u00a0]{0,2}$/;
const BETWEEN_ADDRESSES = /^[\s,;.·/#()–-]{0,6}$/;

/** Classes with one meaning, and which of the model's labels they sum. */
export interface Classes {
  /** By label: the index into `kinds`; 0 is none. */
  readonly of: readonly number[];
  readonly kinds: readonly (EntityKind | null)[];
  /** Whether it is a place name. */
  readonly places: readonly boolean[];
}

export function classesOf(labels: readonly string[]): Classes {
  const kinds: (EntityKind | null)[] = [null];
  const places: boolean[] = [false];
  const of = labels.map((label) => {
    const meaning = meaningOf(label);
    if (meaning === null) return 0;
    const known = kinds.findIndex((kind, i) => kind === meaning.kind && places[i] === meaning.place);
    if (known > 0) return known;
    kinds.push(meaning.kind);
    places.push(meaning.place);
    return kinds.length - 1;
  });
  return { of, kinds, places };
}

/** Adds the probabilities of the labels of each class. @param logits Those of one piece. */
export function classProbabilities(
  logits: Float32Array,
  at: number,
  classes: Classes,
  out: Float32Array,
  outAt: number,
): void {
  const { of, kinds } = classes;
  let most = -Infinity;
  for (let i = 0; i < of.length; i++) most = Math.max(most, logits[at + i]!);
  let sum = 0;
  for (let i = 0; i < of.length; i++) {
    const value = Math.exp(logits[at + i]! - most);
    sum += value;
    out[outAt + of[i]!]! += value;
  }
  for (let i = 0; i < kinds.length; i++) out[outAt + i]! /= sum;
}

interface Found {
  start: number;
  end: number;
  readonly kind: EntityKind;
  /** Only place names so far. */
  places: boolean;
}

/**
 * @param probabilities [pieces, classes], row-major.
 * @returns Entities in order, without overlaps; each begins and ends at a word's edge.
 */
export function decode(
  text: string,
  pieces: Pieces,
  probabilities: Float32Array,
  classes: Classes,
): readonly Entity[] {
  const found: Found[] = [];
  const count = pieces.ids.length;
  const width = classes.kinds.length;
  const mean = new Float64Array(width);
  for (let at = 0; at < count; ) {
    let end = at;
    mean.fill(0);
    for (; end < count && pieces.words[end] === pieces.words[at]; end++)
      for (let k = 0; k < width; k++) mean[k]! += probabilities[end * width + k]!;
    const best = likeliest(mean, end - at, classes);
    if (best > 0) {
      const word: Found = {
        start: pieces.starts[at]!,
        end: pieces.ends[end - 1]!,
        kind: classes.kinds[best]!,
        places: classes.places[best]!,
      };
      const last = found.at(-1);
      if (last !== undefined && joins(text, last, word)) {
        last.end = word.end;
        last.places &&= word.places;
      } else found.push(word);
    }
    at = end;
  }
  return found
    .flatMap((entity) => {
      const trimmed = trim(text, entity);
      return plausible(text.slice(trimmed.start, trimmed.end), trimmed) ? [trimmed] : [];
    })
    .map(({ start, end, kind }) => ({ start, end, kind }));
}

/** The class of a word, 0 where none is likely enough. Place names and other parts of addresses count together. */
function likeliest(sums: Float64Array, pieces: number, { kinds, places }: Classes): number {
  let [best, sum] = [0, 0];
  for (let k = 1; k < sums.length; k++) {
    let own = 0;
    for (let j = 1; j < sums.length; j++) if (kinds[j] === kinds[k]) own += sums[j]!;
    if (own > sum || (own === sum && sums[k]! > sums[best]!)) [best, sum] = [k, own];
  }
  const kind = kinds[best];
  if (kind == null || sum / pieces < (LEAST_BY_KIND[kind] ?? LEAST)) return 0;
  return places[best] === undefined ? 0 : best;
}

function joins(text: string, last: Found, next: Found): boolean {
  if (last.kind !== next.kind || next.start - last.end > 8) return false;
  const gap = text.slice(last.end, next.start);
  if (last.kind === 'address') return BETWEEN_ADDRESSES.test(gap);
  return (last.kind === 'person' ? BETWEEN : BETWEEN_NUMBERS).test(gap);
}

const EDGE = /[\p{L}\p{N}]/u;

/** Without punctuation at its ends, but for the + or ( that a phone number begins with. */
function trim(text: string, entity: Found): Found {
  let { start, end } = entity;
  while (start < end && !EDGE.test(text.slice(start, start + 1)) && text.codePointAt(start)! < 0x10000) {
    if (entity.kind === 'phone' && '+('.includes(text[start]!)) break;
    start++;
  }
  while (end > start && !EDGE.test(text[end - 1]!) && text.charCodeAt(end - 1) < 0xd800) end--;
  return { ...entity, start, end };
}

/** Whether a text can be of the kind at all. */
function plausible(value: string, { kind, places }: Found): boolean {
  if (value === '') return false;
  const digits = value.replace(/[^0-9]/g, '').length;
  if (kind === 'person') return /\p{L}{2}/u.test(value) && digits === 0;
  if (kind === 'email') return value.includes('@');
  if (kind === 'address') return !places;
  return digits >= 4;
}
