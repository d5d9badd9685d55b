/**
 * Ours, as the benchmark drives it: what the two stages of redaction take out of a text, as places in it. The second
 * stage reads what the first has made, as it does in the program, so its places are carried back over the surrogates.
 */

import { escapedPlaces, labelled, walkJson } from '../../src/capture/redact/json-strings.ts';
import { findKnownNames } from '../../src/capture/redact/known-names.ts';
import { obviousNames } from '../../src/capture/redact/names.ts';
import { matchesIn, type RedactContext } from '../../src/capture/redact/recognise.ts';
import { compilePolicy, entityTexts, namesOfEntities, redactText } from '../../src/capture/redact/redact.ts';
import { entityMatches } from '../../src/capture/redact/surrogates.ts';
import { configSchema } from '../../src/core/config.ts';
import type { Entity, EntityFinder } from '../../src/core/entity.ts';

export interface Detector {
  /** Both stages. */
  detect(text: string): Promise<readonly Entity[]>;
  /** The first stage: what is found while a call is recorded. */
  recognise(text: string): readonly Entity[];
  /** Milliseconds of processor time of the stages themselves, without what the benchmark does about places. */
  readonly spent: { first: number; second: number };
}

/** A place in the text, and what the first stage puts there. */
interface Edit extends Entity {
  readonly made: string;
}

const CONTEXT: RedactContext = {
  key: new Uint8Array(32).fill(7),
  policy: compilePolicy(configSchema.parse({}).redaction),
};

/** @param finder Null: the names in obvious positions are all that the second stage has. */
export function detectorOf(finder: EntityFinder | null): Detector {
  const spent = { first: 0, second: 0 };
  const first = (text: string): { readonly redacted: string; readonly edits: readonly Edit[] } => {
    const start = process.cpuUsage();
    const redacted = redactText(text, CONTEXT);
    spent.first += since(start);
    const edits = redacted === text ? [] : editsIn(text);
    if (spliced(text, edits) !== redacted) throw new Error(`The first stage made something else of: ${text}`);
    return { redacted, edits };
  };
  return {
    spent,
    recognise: (text) => first(text).edits,
    detect: async (text) => {
      const { redacted, edits } = first(text);
      const start = process.cpuUsage();
      const { texts, place } = entityTexts(redacted);
      const found = finder === null ? [] : place(await finder.find(texts));
      const entities = [...found, ...obviousNames(redacted)];
      const names = namesOfEntities(redacted, entities);
      const matches = [
        ...entities.flatMap((entity) => entityMatches(redacted, entity, CONTEXT)),
        ...findKnownNames(redacted, names),
      ];
      spent.second += since(start);
      return union([...edits, ...matches.flatMap((match) => carriedBack(match, edits) ?? [])]);
    },
  };
}

function since(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** What redactText replaces, by its own recognisers. */
function editsIn(text: string): readonly Edit[] {
  const edits: Edit[] = [];
  const take = (value: string, label: string, place: (index: number) => number, json: boolean): void => {
    let prefix = labelled('', label);
    let matches = matchesIn(prefix + value, CONTEXT);
    if (matches.some(({ start }) => start < prefix.length)) {
      matches = matchesIn(value, CONTEXT);
      prefix = '';
    }
    for (const { start, end, kind, make } of matches) {
      const made = make(CONTEXT.key);
      edits.push({
        start: place(start - prefix.length),
        end: place(end - prefix.length),
        kind,
        made: json ? JSON.stringify(made).slice(1, -1) : made,
      });
    }
  };
  const isJson = walkJson(text, ({ start, end, value, label }) =>
    take(value, label, escapedPlaces(text.slice(start, end), start), true),
  );
  if (!isJson) take(text, '', (index) => index, false);
  return edits.filter(({ start, end, made }) => text.slice(start, end) !== made);
}

function spliced(text: string, edits: readonly Edit[]): string {
  let [out, at] = ['', 0];
  for (const { start, end, made } of edits) {
    out += text.slice(at, start) + made;
    at = end;
  }
  return out + text.slice(at);
}

/** A place in what the first stage made, as a place in the original; null where it is all of the first stage's making. */
function carriedBack({ start, end, kind }: Entity, edits: readonly Edit[]): Entity | null {
  let shift = 0;
  let [from, to] = [start, end];
  let inside = false;
  for (const edit of edits) {
    const made = { start: edit.start + shift, end: edit.start + shift + edit.made.length };
    const before = shift;
    shift += edit.made.length - (edit.end - edit.start);
    if (made.end <= start) from = start - shift;
    else if (made.start <= start) {
      from = edit.start;
      inside = end <= made.end;
    }
    if (made.end <= end) to = end - shift;
    else if (made.start < end) to = edit.end;
    else if (made.start >= end) {
      to = end - before;
      break;
    }
  }
  return inside || to <= from ? null : { start: from, end: to, kind };
}

/** Without those that lie in others, so that nothing is counted twice. */
function union(entities: readonly Entity[]): readonly Entity[] {
  const sorted = entities.toSorted((a, b) => a.start - b.start || b.end - a.end);
  const kept: Entity[] = [];
  for (const { start, end, kind } of sorted) {
    const last = kept.at(-1);
    if (last === undefined || start >= last.end) kept.push({ start, end, kind });
    else if (end > last.end) kept.push({ start: last.end, end, kind });
  }
  return kept;
}
