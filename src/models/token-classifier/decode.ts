/**
 * From the class probabilities of pieces to entities: a word is of the kind that its pieces are of on average,
 * neighbouring words of one kind are one entity, and an entity begins and ends with a whole word.
 * Pure.
 */
import type { Entity, EntityKind } from '../../core/entity.ts';
import type { Classes, Part } from './kinds.ts';
import type { Pieces } from './pieces.ts';
import { plausible } from './plausible.ts';

/**
 * Probabilities that a word is of a kind: of the surest word of an entity, and of those beside it. Chosen on
 * benchmarks/pii's development set.
 */
const [SURE, LEAST] = [0.5, 0.2] as const;

/**
 * What may stand between two words of one entity. Only addresses go on across lines, and over one or two capitalised
 * words or numbers that the model did not know: a country, a district.
 */
const BETWEEN: Partial<Record<EntityKind, RegExp>> = {
  person: /^[ \t\u00a0]{0,2}[-'’.·]?[ \t\u00a0]{0,2}$/,
  email: /^[@._+-]?$/,
  address: /^[\s,;.·/#()º°–-]{0,6}(?:[\p{Lu}\d][\p{L}\p{N}'’]*[\s,;.·/#()º°–-]{1,4}){0,2}$/u,
};
const BETWEEN_NUMBERS = /^[ \t\u00a0]{0,2}[-.·/()+]{0,2}[ \t\u00a0]{0,2}$/;
/** Longest text between two words of an entity. */
const WIDEST = 24;

/** Adds up the probabilities of the labels of each class. @param at Where the logits of a piece begin. */
export function classProbabilities(
  logits: Float32Array,
  at: number,
  { of, meanings }: Classes,
  out: Float32Array,
  outAt: number,
): void {
  let most = -Infinity;
  for (let i = 0; i < of.length; i++) most = Math.max(most, logits[at + i]!);
  let sum = 0;
  for (let i = 0; i < of.length; i++) {
    const value = Math.exp(logits[at + i]! - most);
    sum += value;
    out[outAt + of[i]!]! += value;
  }
  for (let i = 0; i < meanings.length; i++) out[outAt + i]! /= sum;
}

/** Letters of scripts without capitals; the ordinal signs ª and º are of ours. */
const UNCASED = /(?![ªº])\p{Lo}/u;

interface Found {
  start: number;
  end: number;
  readonly kind: EntityKind;
  readonly parts: Set<Part>;
  /** Probability of its surest word. */
  surest: number;
  /** Its words. */
  readonly words: Word[];
}

interface Word {
  readonly start: number;
  readonly end: number;
  readonly probability: number;
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
  const width = classes.meanings.length;
  const sums = new Float64Array(width);
  for (let at = 0; at < count; ) {
    let end = at;
    sums.fill(0);
    for (; end < count && pieces.words[end] === pieces.words[at]; end++)
      for (let k = 0; k < width; k++) sums[k]! += probabilities[end * width + k]!;
    const best = likeliest(sums, end - at, classes);
    // Scripts without capitals are none of the model's: it takes any word of theirs for a name.
    if (best !== null && !UNCASED.test(text.slice(pieces.starts[at]!, pieces.ends[end - 1]!))) {
      const last = found.at(-1);
      const [start, to] = [pieces.starts[at]!, pieces.ends[end - 1]!];
      if (last !== undefined && joins(text, last, best.kind, start)) {
        last.end = to;
        last.parts.add(best.part);
        last.surest = Math.max(last.surest, best.probability);
        last.words.push({ start, end: to, probability: best.probability });
      } else {
        const { kind, part, probability } = best;
        const words = [{ start, end: to, probability }];
        found.push({ start, end: to, kind, parts: new Set([part]), surest: probability, words });
      }
    }
    at = end;
  }
  return found.flatMap((whole, i) => {
    const entity = whole.kind === 'person' ? withoutSmallEnds(text, whole) : whole;
    const { kind, parts, surest } = entity;
    const { start, end } = trim(text, entity);
    const least = Math.min(...entity.words.map(({ probability }) => probability));
    const beside = [found[i - 1], found[i + 1]].some(
      (other) => other !== undefined && areBeside(entity, other),
    );
    return surest >= SURE && plausible(text, { start, end, kind, parts, surest, least, beside })
      ? [{ start, end, kind }]
      : [];
  });
}

/** The kind of a word, all parts of a kind counted together, and its likeliest part; null where it is of none. */
function likeliest(
  sums: Float64Array,
  pieces: number,
  { meanings }: Classes,
): { readonly kind: EntityKind; readonly part: Part; readonly probability: number } | null {
  let [best, most] = [0, 0];
  for (let k = 1; k < sums.length; k++) {
    let own = 0;
    for (let j = 1; j < sums.length; j++) if (meanings[j]!.kind === meanings[k]!.kind) own += sums[j]!;
    if (own > most + 1e-9 || (own > most - 1e-9 && sums[k]! > sums[best]!)) [best, most] = [k, own];
  }
  const meaning = meanings[best];
  const probability = most / pieces;
  return meaning == null || probability < LEAST ? null : { ...meaning, probability };
}

function joins(text: string, last: Found, kind: EntityKind, start: number): boolean {
  if (last.kind !== kind || start - last.end > WIDEST) return false;
  return (BETWEEN[kind] ?? BETWEEN_NUMBERS).test(text.slice(last.end, start));
}

const PARTICLE =
  /^(?:van|von|vom|de|der|den|del|della|dela|di|da|do|dos|das|du|des|la|le|el|al|bin|ibn|ter|ten|te|zu|zum|zur|st|mc|d|o|l|t)$/;

/** A name with capitals has no words in small letters at its ends ("Ann again", "lamp Ann"), but for a particle before it. */
function withoutSmallEnds(text: string, entity: Found): Found {
  const { words } = entity;
  const capital = (word: Word): boolean => /[\p{Lu}\\]/u.test(text.slice(word.start, word.end));
  if (!words.some(capital)) return entity;
  let first = words.findIndex(capital);
  const last = words.findLastIndex(capital);
  while (first > 0 && PARTICLE.test(text.slice(words[first - 1]!.start, words[first - 1]!.end))) first--;
  const kept = words.slice(first, last + 1);
  const surest = Math.max(...kept.map(({ probability }) => probability));
  return { ...entity, start: kept[0]!.start, end: kept.at(-1)!.end, surest, words: kept };
}

/** Another name that the model is sure of, and no more between the two than between the names of a list. */
const LISTED = 8;
const areBeside = (entity: Found, other: Found): boolean =>
  other.kind === 'person' &&
  other.surest >= SURE &&
  Math.max(entity.start, other.start) - Math.min(entity.end, other.end) <= LISTED;

const EDGE = /[\p{L}\p{N}\p{Cs}]/u;

/** Without punctuation at its ends, but for the + or ( that a phone number begins with. */
function trim(
  text: string,
  { start, end, kind }: Pick<Found, 'start' | 'end' | 'kind'>,
): { readonly start: number; readonly end: number } {
  let [from, to] = [start, end];
  while (from < to && !EDGE.test(text[from]!) && !(kind === 'phone' && '+('.includes(text[from]!))) from++;
  while (to > from && !EDGE.test(text[to - 1]!)) to--;
  return { start: from, end: to };
}
