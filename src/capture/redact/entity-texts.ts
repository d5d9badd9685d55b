/** The plain texts inside a text, for a finder of entities, and the way back from what it finds. */
import type { Entity } from '../../core/entity.ts';
import { escapedPlaces, labelled, walkJson } from './json-strings.ts';

export interface EntityTexts {
  readonly texts: readonly string[];
  /**
   * Entities of each of the texts, in order, as entities of the whole text. What lies in a key that stands before its
   * value for context alone goes; what spans several values is cut at their ends.
   */
  readonly place: (found: readonly (readonly Entity[])[]) => Entity[];
}

/** A value inside one of the texts. */
interface Segment {
  readonly start: number;
  readonly end: number;
  readonly placeOf: (index: number) => number;
}

/** Values of one JSON text are read together, one a line, until a text is as long as this. */
const TEXT_LENGTH = 1500;
const MAX_DEPTH = 4;

/**
 * The texts in `text`: a JSON text gives its string values, one a line with their keys ("first name: Mia"); any other
 * text gives itself.
 * @param length Where a text of values ends and the next begins, in characters; 0: each value alone.
 */
export function entityTexts(text: string, length: number = TEXT_LENGTH): EntityTexts {
  const texts: string[] = [];
  const segments: Segment[][] = [];
  let lines = '';
  let line: Segment[] = [];
  const flush = (): void => {
    if (line.length === 0) return;
    texts.push(lines);
    segments.push(line);
    lines = '';
    line = [];
  };
  const add = (value: string, label: string, placeOf: (index: number) => number): void => {
    if (!/\p{L}/u.test(value)) return;
    const written = labelled(value, label);
    if (lines !== '' && lines.length + written.length >= length) flush();
    if (lines !== '') lines += '\n';
    const end = lines.length + written.length;
    line.push({ start: end - value.length, end, placeOf });
    lines += written;
  };
  const walk = (json: string, placeOf: (index: number) => number, depth: number): boolean =>
    walkJson(json, ({ start, end, value, label, kind }) => {
      if (kind !== 'value') return;
      const inner = escapedPlaces(json.slice(start, end), start);
      const places = (index: number): number => placeOf(inner(index));
      if (depth >= MAX_DEPTH || !walk(value, places, depth + 1)) add(value, label, places);
    });
  if (!walk(text, (index) => index, 0)) add(text, '', (index) => index);
  flush();
  return {
    texts,
    place: (found) =>
      found.flatMap((entities, i) => entities.flatMap((entity) => placed(entity, segments[i] ?? []))),
  };
}

function placed(entity: Entity, segments: readonly Segment[]): Entity[] {
  // The first segment that ends after the entity's start.
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((segments[middle]?.end ?? 0) > entity.start) high = middle;
    else low = middle + 1;
  }
  const out: Entity[] = [];
  for (let i = low; i < segments.length; i++) {
    const segment = segments[i];
    if (segment === undefined || segment.start >= entity.end) break;
    const start = Math.max(entity.start, segment.start) - segment.start;
    const end = Math.min(entity.end, segment.end) - segment.start;
    if (end > start)
      out.push({ kind: entity.kind, start: segment.placeOf(start), end: segment.placeOf(end) });
  }
  return out;
}
