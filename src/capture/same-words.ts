/**
 * One call, one way to write a word: what the finder of people saw in a call's messages is replaced in its response too, and
 * what it left there is left in the response. Else an answer that copies a word of its input would differ from it, and
 * nothing could be learnt from the call.
 * Does not: find anything by itself (second-stage.ts), or decide what stands in an entity's place (redact/).
 */
import type { Entity } from '../core/entity.ts';

/** What was found in a text, as it was written there. */
export interface TakenWord {
  readonly text: string;
  readonly kind: Entity['kind'];
}

/** Shorter words stand in others by chance. */
const MIN_LENGTH = 3;
const MAX_TAKEN = 200;

/**
 * The entities of a response's text, made to agree with the call's messages.
 * @param said Gives the messages' texts, as they were; asked only where something was found in this one.
 * @param taken What is replaced in them.
 * @param isReplaced Whether a word is replaced there for another reason: it is a name of the call.
 */
export function agreeing(
  text: string,
  entities: readonly Entity[],
  said: () => string,
  taken: readonly TakenWord[],
  isReplaced: (word: string) => boolean,
): readonly Entity[] {
  const kept = entities.filter(({ start, end }) => {
    const word = text.slice(start, end);
    return !said().includes(word) || isReplaced(word) || taken.some((each) => each.text.includes(word));
  });
  const added: Entity[] = [];
  const isFree = (start: number, end: number): boolean =>
    [...kept, ...added].every((each) => each.end <= start || each.start >= end);
  for (const { text: word, kind } of taken.slice(0, MAX_TAKEN).flatMap(withNumbers)) {
    if (word.length < MIN_LENGTH) continue;
    for (let start = text.indexOf(word); start >= 0; start = text.indexOf(word, start + word.length)) {
      const end = start + word.length;
      if (isWhole(text, start, end) && isFree(start, end)) added.push({ kind, start, end });
    }
  }
  return added.length === 0 ? kept : [...kept, ...added].sort((a, b) => a.start - b.start);
}

/** A number inside an address has a surrogate of its own: an answer may copy it alone. */
const withNumbers = (taken: TakenWord): TakenWord[] => [
  taken,
  ...(taken.kind === 'address' ? (taken.text.match(/\d{3,}/g) ?? []) : [])
    .filter((text) => text !== taken.text)
    .map((text) => ({ ...taken, text })),
];

const LETTER = /[\p{L}\p{N}]/u;
const isWhole = (text: string, start: number, end: number): boolean =>
  !LETTER.test(text[start - 1] ?? '') && !LETTER.test(text[end] ?? '');
