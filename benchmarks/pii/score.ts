/**
 * What was found against what is there. A span counts as found where at least nine tenths of its letters and digits
 * lie in what was found, whatever kind it was called: it would be taken out of the text. What was found counts as
 * right where at least half of its letters and digits lie in spans. Spans of `other` are left out of both.
 */
import type { Entity, EntityKind } from '../../src/core/entity.ts';
import type { Sample } from './corpus.ts';

const FOUND = 0.9;
const RIGHT = 0.5;

export interface Count {
  yes: number;
  n: number;
}

export interface Score {
  readonly recall: Count;
  /** At least half of it lies in what was found. */
  readonly half: Count;
  /** Found, and called by its own kind. */
  readonly named: Count;
  readonly precision: Count;
  /** Letters and digits of spans that would stay in the text. */
  readonly leaked: Count;
}

export const emptyScore = (): Score => ({
  recall: { yes: 0, n: 0 },
  half: { yes: 0, n: 0 },
  named: { yes: 0, n: 0 },
  precision: { yes: 0, n: 0 },
  leaked: { yes: 0, n: 0 },
});

/** Scores of one text are added to the overall one, that of each kind and that of the language. */
export interface Scores {
  readonly all: Score;
  readonly kinds: Map<EntityKind, Score>;
  readonly groups: Map<string, Score>;
}

export const emptyScores = (): Scores => ({ all: emptyScore(), kinds: new Map(), groups: new Map() });

export interface Miss {
  readonly kind: EntityKind;
  readonly what: 'missed' | 'wrong';
  readonly value: string;
  readonly text: string;
}

/** @param onMiss Told of each span that is not found and each finding that is not right. */
export function addScores(
  scores: Scores,
  { text, spans, language, set }: Sample,
  found: readonly Entity[],
  onMiss?: (miss: Miss) => void,
): void {
  const of = (kind: EntityKind): readonly Score[] => [
    scores.all,
    entry(scores.kinds, kind),
    entry(scores.groups, language),
    entry(scores.groups, set),
  ];
  const taken = marks(text, found);
  const counted = marks(
    text,
    spans.filter(({ kind }) => kind !== 'other'),
  );
  const ignored = marks(
    text,
    spans.filter(({ kind }) => kind === 'other'),
  );
  for (const { start, end, kind } of spans) {
    if (kind === 'other') continue;
    const { size, hit } = overlap(text, start, end, taken);
    const own = overlap(
      text,
      start,
      end,
      marks(
        text,
        found.filter((entity) => entity.kind === kind),
      ),
    );
    const yes = hit >= FOUND * size;
    for (const score of of(kind)) {
      count(score.recall, yes);
      count(score.half, hit >= RIGHT * size);
      count(score.named, own.hit >= FOUND * size);
      score.leaked.yes += size - hit;
      score.leaked.n += size;
    }
    if (!yes) onMiss?.({ kind, what: 'missed', value: text.slice(start, end), text });
  }
  for (const { start, end, kind } of found) {
    const { size, hit } = overlap(text, start, end, counted);
    const aside = overlap(text, start, end, ignored).hit;
    if (size > 0 && aside >= RIGHT * size) continue;
    // A finding that reaches from a span over what is not counted is judged by the rest of it.
    const yes = hit >= RIGHT * (size - aside);
    for (const score of of(kind)) count(score.precision, yes);
    if (!yes) onMiss?.({ kind, what: 'wrong', value: text.slice(start, end), text });
  }
}

function entry<K>(map: Map<K, Score>, key: K): Score {
  const known = map.get(key) ?? emptyScore();
  map.set(key, known);
  return known;
}

function count(to: Count, yes: boolean): void {
  to.n++;
  if (yes) to.yes++;
}

function marks(text: string, spans: readonly { readonly start: number; readonly end: number }[]): Uint8Array {
  const out = new Uint8Array(text.length);
  for (const { start, end } of spans) out.fill(1, start, end);
  return out;
}

const COUNTS = /[\p{L}\p{N}]/u;

/** Letters and digits of [start, end), and how many of them are marked. */
function overlap(
  text: string,
  start: number,
  end: number,
  marked: Uint8Array,
): { size: number; hit: number } {
  let [size, hit] = [0, 0];
  for (let i = start; i < end; i++)
    if (COUNTS.test(text[i]!)) {
      size++;
      hit += marked[i]!;
    }
  return { size, hit };
}

/** Wilson's interval of a share at 95 %. */
export function wilson({ yes, n }: Count): readonly [number, number] {
  if (n === 0) return [0, 1];
  const z = 1.959964;
  const [p, zz] = [yes / n, (z * z) / n];
  const middle = (p + zz / 2) / (1 + zz);
  const reach = (z / (1 + zz)) * Math.sqrt((p * (1 - p)) / n + zz / (4 * n));
  return [Math.max(0, middle - reach), Math.min(1, middle + reach)];
}
