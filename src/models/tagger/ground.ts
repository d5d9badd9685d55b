/**
 * An input, made ready for looking for values: its words, who said them, and what stands in its JSON as a whole.
 * Does not: propose stretches as values (candidates.ts).
 */
import { lowered } from '../extractor/align.ts';
import { type QuotedValue, quotedValues, type Spellings, spellingsOf } from '../extractor/spelling.ts';
import type { Span, Units } from '../extractor/units.ts';
import { hashOf, isCall, keyBefore, messagesOf, type Said } from './features.ts';

/** An input, made ready for looking for candidates. */
export interface Ground {
  readonly units: Units;
  readonly words: readonly string[];
  readonly lower: string;
  readonly messages: readonly Said[];
  /** Message of each unit. */
  readonly messageOf: Uint16Array;
  /** How its JSON spells values. */
  readonly quoted: Spellings;
  /** The values that stand in its JSON, each as a whole. */
  readonly wholes: readonly Whole[];
  /** The newest message that has a word, of those that are neither results nor calls. */
  readonly spokenIn: ReadonlyMap<string, number>;
}

/** A value that stands in JSON as a whole. */
export interface Whole extends Span {
  /** Its key, hashed. */
  readonly key: number;
}

export function groundOf(units: Units): Ground {
  const { text, starts, ends } = units;
  const messages = messagesOf(text);
  const messageOf = new Uint16Array(starts.length);
  let m = 0;
  starts.forEach((start, unit) => {
    while (m + 1 < messages.length && start >= messages[m]!.end) m++;
    messageOf[unit] = m;
  });
  const words = starts.map((start, unit) => text.slice(start, ends[unit]).toLowerCase());
  const quotes = quotedValues(text);
  const isSpoken = messages.map((message) => message.role !== 'tool' && !isCall(text, message));
  const spokenIn = new Map<string, number>();
  words.forEach((word, unit) => {
    if (isSpoken[messageOf[unit]!]) spokenIn.set(word, messageOf[unit]!);
  });
  return {
    units,
    words,
    lower: lowered(text),
    messages,
    messageOf,
    quoted: spellingsOf(quotes.map(({ from, to }) => text.slice(from, to))),
    wholes: wholesOf(units, quotes),
    spokenIn,
  };
}

function wholesOf({ text, starts, ends }: Units, quotes: readonly QuotedValue[]): readonly Whole[] {
  const startAt = new Map(starts.map((at, unit) => [at, unit]));
  const endAt = new Map(ends.map((at, unit) => [at, unit + 1]));
  return quotes.flatMap(({ from, to }): Whole[] => {
    const [start, end] = [startAt.get(from), endAt.get(to)];
    if (start === undefined || end === undefined) return [];
    return [{ start, end, key: hashOf(keyBefore(text, from)) }];
  });
}

/** Letters of a word that tells a value apart: `the` and `inn` do not. */
const TELLING = 4;

/**
 * What is told of values that stand in JSON, by where they begin: under which key, and whether it is the one of them that was
 * spoken of afterwards. A user who is told of three hotels names the one he wants by a part of its name.
 */
export function wholesTold(
  { words, messages, messageOf, spokenIn }: Ground,
  wholes: readonly Whole[],
): ReadonlyMap<number, { readonly end: number; readonly features: readonly string[] }> {
  const each = wholes.map((whole) => {
    const all = words.slice(whole.start, whole.end).filter(isWord);
    const long = all.filter((word) => word.length >= TELLING);
    const own = new Set(long.length > 0 ? long : all);
    const spoken = [...own]
      .map((word) => spokenIn.get(word) ?? -1)
      .filter((at) => at > messageOf[whole.start]!);
    const share = spoken.length / Math.max(1, own.size);
    const newest = Math.max(-1, ...spoken);
    // By the share that was spoken of, then by how lately, then by how much that is.
    const rank = Math.round(share * 1e4) * 1e10 + (newest + 1) * 1e4 + Math.min(9_999, spoken.length);
    return { whole, share, newest, rank, value: all.join(' ') };
  });
  return new Map(
    each.map(({ whole, share, newest, value, rank }) => {
      const others = each.filter((other) => other.whole.key === whole.key && other.value !== value);
      const better = others.filter((other) => other.rank > rank);
      const alike = others.filter((other) => other.rank === rank);
      const spoken = share === 0 ? 'never' : share === 1 ? 'all' : 'in part';
      const place = `${better.length === 0 ? (alike.length === 0 ? 'best' : 'as good') : 'less'} of ${Math.min(3, others.length)}`;
      const age = newest < 0 ? -1 : Math.min(6, messages.length - 1 - newest);
      const from = messages.length - 1 - messageOf[whole.start]!;
      return [
        whole.start,
        {
          end: whole.end,
          features: [
            `whole ${whole.key}`,
            `whole ${whole.key} ${spoken}`,
            `whole ${spoken} ${place}`,
            `whole ${whole.key} ${place}`,
            `whole spoken ${age}`,
            `whole from ${Math.min(9, from)} ${place}`,
          ],
        },
      ];
    }),
  );
}

export const isWord = (word: string): boolean => /[\p{L}\p{N}$€£]/u.test(word);
