/**
 * Spellings of one label. An LLM that is asked for one word writes `refund`, `Refund`, `refund.` and `**refund**` as
 * chance has it, and agents accept them all: they are one label, in the spelling that is most frequent.
 */
import { exactKey, parseExact } from './exact-json.ts';

/** Marks around a label that are no part of it where they stand on both sides: quotes, Markdown's emphasis and code. */
const AROUND: ReadonlySet<string> = new Set(['""', "''", '``', '**', '“”', '„“', '‘’', '«»']);
/** Marks of a sentence that follow a label. */
const AFTER: ReadonlySet<string> = new Set(['.', ',', ';', ':', '!', '。']);

/** The label without the marks around it; the text itself where there is nothing else. */
function bareLabel(text: string): string {
  const whole = text.trim();
  let start = 0;
  let end = whole.length;
  const isBlank = (at: number): boolean => whole[at]!.trim() === '';
  while (start < end) {
    if (AFTER.has(whole[end - 1]!) || isBlank(end - 1)) end--;
    else if (isBlank(start)) start++;
    else if (end - start > 1 && AROUND.has(whole[start]! + whole[end - 1]!)) {
      start++;
      end--;
    } else break;
  }
  return start >= end ? whole : whole.slice(start, end);
}

/** Equal for spellings of one label, which differ in case and marks around them, and for the same JSON. */
function labelKey(text: string): string {
  const value = /^\s*[{[]/.test(text) ? parseExact(text) : undefined;
  if (value !== undefined) return exactKey(value);
  return bareLabel(text).normalize('NFC').toLowerCase();
}

const isSameBare = (a: string, b: string): boolean =>
  bareLabel(a).normalize('NFC') === bareLabel(b).normalize('NFC');

const indexes = new WeakMap<readonly string[], ReadonlyMap<string, readonly string[]>>();
const places = new WeakMap<readonly string[], ReadonlyMap<string, number>>();

/** The label among these that the text is a spelling of; the text, trimmed, where it is none, or of several. */
export function labelOf(labels: readonly string[], text: string): string {
  const trimmed = text.trim();
  if (indexOfLabel(labels, trimmed) >= 0) return trimmed;
  let index = indexes.get(labels);
  if (!index) {
    index = Map.groupBy(labels, labelKey);
    indexes.set(labels, index);
  }
  const alike = index.get(labelKey(trimmed)) ?? [];
  if (alike.length === 1) return alike[0]!;
  const bare = alike.filter((label) => isSameBare(label, trimmed));
  return bare.length === 1 ? bare[0]! : trimmed;
}

/** The place of the label among these, in this very spelling; -1 where it is none. */
export function indexOfLabel(labels: readonly string[], label: string): number {
  let place = places.get(labels);
  if (!place) {
    place = new Map(labels.map((each, i) => [each, i]));
    places.set(labels, place);
  }
  return place.get(label) ?? -1;
}

/**
 * How often each label was given, its spellings together under the most frequent one; most frequent label first, then by
 * name. Where the prompt itself has two spellings that differ in case alone, the author may mean two labels: they stay
 * apart.
 * @param counts By text, trimmed.
 */
export function foldSpellings(counts: ReadonlyMap<string, number>, prompt = ''): Map<string, number> {
  const folded = new Map<string, number>();
  for (const group of Map.groupBy(counts, ([text]) => labelKey(text)).values())
    for (const spellings of apart(group, prompt)) {
      const sum = spellings.reduce((total, [, times]) => total + times, 0);
      const [name] = spellings.toSorted(
        ([a, x], [b, y]) => y - x || a.length - b.length || (a < b ? -1 : 1),
      )[0]!;
      folded.set(name, sum);
    }
  return new Map([...folded].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)));
}

/** How many of the labels differ from another one in case and marks alone. */
export function countCaseVariants(labels: readonly string[]): number {
  const groups = [...Map.groupBy(labels, labelKey).values()];
  return groups.reduce((sum, group) => sum + (group.length > 1 ? group.length : 0), 0);
}

type Counted = readonly [string, number];

/** The spellings of a group in one list, or in one for each case where the prompt has several. */
function apart(group: readonly Counted[], prompt: string): readonly (readonly Counted[])[] {
  if (group.length === 1) return [group];
  const byCase = Map.groupBy(group, ([text]) => bareLabel(text));
  const named = [...byCase.keys()].filter((bare) => hasWord(prompt, bare));
  return named.length > 1 ? [...byCase.values()] : [group];
}

/** Whether the word stands in the text. A capital that begins a sentence or a line says nothing about the word. */
function hasWord(text: string, word: string): boolean {
  const isWord = (mark: string | undefined): boolean => mark !== undefined && /[\p{L}\p{N}]/u.test(mark);
  const isCapital = word !== word.toLowerCase() && word.slice(1) === word.slice(1).toLowerCase();
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length || 1)) {
    if (isWord(text[at - 1]) || isWord(text[at + word.length])) continue;
    if (!isCapital || !BEGINS.test(text.slice(Math.max(0, at - LOOK_BACK), at))) return true;
  }
  return false;
}

/** What stands before the first word of a sentence or line: its end mark or line end, then bullets, quotes and spaces. */
const BEGINS = /(?:^|[.!?:;\n])[\s"'`*_#()[\]>•–—-]*$/;
const LOOK_BACK = 16;
