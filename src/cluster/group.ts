/**
 * Which texts come from the same piece of code: agglomeration, most alike first, each step held to what would
 * remain constant. Does not: turn what is common into a template (template).
 */

import { aroundVolatile } from '../callsite/volatile-values.ts';
import { align, GAP, runsOf, type Vocabulary } from './align.ts';

/** A distinct text, in how many sessions it was seen, and when first (epoch milliseconds; null: unknown). */
export interface Text {
  readonly text: string;
  readonly sessions: number;
  readonly at: number | null;
}

/** When two texts are one; words are counted in common stretches of three or more. */
export interface Rule {
  /** An author's prompts: one that is like no other is a template by itself, all constant but for volatile values. */
  readonly constants: boolean;
  /** A template has at least this many constant words. */
  readonly leastWords: number;
  /** Texts with long slots (a retrieved passage) are one with this many words in common … */
  readonly commonWords: number;
  /** … or half that number, if it is this share of the longer one. */
  readonly commonShare: number;
  /** Of a group's common words, what a new member or another group must keep. */
  readonly kept: number;
}

/** System prompts: written by the agent's author, and what is left of them is what tells jobs apart. */
export const SYSTEM_RULE: Rule = {
  constants: true,
  leastWords: 4,
  commonWords: 20,
  commonShare: 0.5,
  kept: 0.8,
};
/** First user messages where no system prompt tells the job: people's words are alike by chance, so ask for more. */
export const USER_RULE: Rule = {
  constants: false,
  leastWords: 12,
  commonWords: 24,
  commonShare: 0.4,
  kept: 0.5,
};

/** Nearly all words in common: one prompt with a name or a date in it. */
const SAME = 0.85;
/** Members that a group needs whose texts have long slots. */
const ENOUGH = 5;
/** So many recurring texts with so much in common are one with a slot that draws from a list. */
const LIST = 20;
/** Words in a row that two texts rarely share by chance, and hardly ever. */
const STRETCH = 3;
const LONG_STRETCH = 5;

interface Group {
  readonly members: readonly Text[];
  readonly common: readonly number[];
  /** Common words in stretches, and in long ones. */
  readonly words: number;
  readonly long: number;
  /** Joined although much differs. */
  readonly loose: boolean;
}

/** Groups of the texts (a hundred or so); each text is in one. */
export function groupTexts(texts: readonly Text[], rule: Rule, words: Vocabulary): Group[] {
  const singles: Group[] = texts.map((text) => {
    const common = sequenceOf(text, words);
    return { members: [text], common, ...counted(common, words), loose: false };
  });
  const recurring = texts.filter((text) => text.sessions > 1).length;
  const groups: (Group | null)[] = [...singles];
  const owner = texts.map((_, i) => i);
  const failed = texts.map(() => new Set<number>());
  for (const [i, j] of pairs(singles, rule, words)) {
    const a = owner[i]!;
    const b = owner[j]!;
    if (a === b || failed[a]!.has(b)) continue;
    const joined = join(groups[a]!, groups[b]!, rule, recurring > LIST, words);
    if (joined === null) {
      failed[a]!.add(b);
      failed[b]!.add(a);
      continue;
    }
    const c = groups.length;
    groups.push(joined);
    // What both parts failed with is not tried again: each trial is an alignment of whole prompts.
    const hopeless = failed[a]!.intersection(failed[b]!);
    failed.push(hopeless);
    for (const other of hopeless) failed[other]!.add(c);
    groups[a] = null;
    groups[b] = null;
    for (let k = 0; k < owner.length; k++) if (owner[k] === a || owner[k] === b) owner[k] = c;
  }
  return groups.flatMap((group) => {
    if (group === null) return [];
    if (!group.loose || group.members.length >= ENOUGH) return [group];
    return group.members.map((text) => singles[texts.indexOf(text)]!);
  });
}

/** The text's tokens, with a gap in the place of each volatile value. */
export function sequenceOf({ text, at }: Text, words: Vocabulary): number[] {
  return aroundVolatile(text, at).flatMap((part, i) => (i === 0 ? [] : [GAP]).concat(words.encode(part)));
}

function join(a: Group, b: Group, rule: Rule, list: boolean, words: Vocabulary): Group | null {
  const common = align(a.common, b.common);
  const kept = counted(common, words);
  const members = [...a.members, ...b.members];
  const leastWords = rule.constants ? 1 : rule.leastWords;
  if (kept.words >= Math.max(leastWords, SAME * Math.max(a.words, b.words))) {
    return { members, common, ...kept, loose: a.loose || b.loose || !rule.constants };
  }
  const enough =
    kept.long >= rule.commonWords ||
    (kept.long >= rule.commonWords / 2 && kept.long >= rule.commonShare * Math.max(a.long, b.long));
  if (!enough) return null;
  const grown = [a, b].filter((group) => group.members.length > 1);
  if (grown.some((group) => kept.long < rule.kept * group.long)) return null;
  // Two texts that both come back unchanged are two prompts with a shared preamble, not one with a slot.
  const bothRecur = [a, b].every((group) => group.members.every((text) => text.sessions > 1));
  if (bothRecur && !list) return null;
  return { members, common, ...kept, loose: true };
}

function counted(common: readonly number[], words: Vocabulary): Pick<Group, 'words' | 'long'> {
  const runs = runsOf(common).map((run) => run.filter(words.isWord).length);
  const sum = (least: number) => runs.reduce((total, n) => (n >= least ? total + n : total), 0);
  return { words: sum(STRETCH), long: sum(LONG_STRETCH) };
}

/** Pairs of texts that share word trigrams, most of them first, as far as they could be one. */
function pairs(singles: readonly Group[], rule: Rule, words: Vocabulary): [number, number][] {
  const n = singles.length;
  const places = new Map<string, number[]>();
  for (const [i, { common }] of singles.entries()) {
    const own = common.filter(words.isWord);
    for (let at = 0; at + STRETCH <= own.length; at++) {
      const key = `${own[at]} ${own[at + 1]} ${own[at + 2]}`;
      const list = places.get(key);
      if (!list) places.set(key, [i]);
      else if (list.at(-1) !== i) list.push(i);
    }
  }
  const shared = new Int32Array(n * n);
  for (const list of places.values()) {
    for (let x = 0; x < list.length; x++) {
      for (let y = x + 1; y < list.length; y++) {
        const at = list[x]! * n + list[y]!;
        shared[at] = shared[at]! + 1;
      }
    }
  }
  const out: [number, number, number][] = [];
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const count = shared[i * n + j]!;
      // Few shared trigrams cannot hold enough common words, unless both texts are short.
      const short = Math.min(singles[i]!.words, singles[j]!.words) <= rule.commonWords;
      if (count >= rule.commonWords / 4 || (short && count > 0)) out.push([i, j, count]);
    }
  }
  return out.sort((p, q) => q[2] - p[2] || p[0] - q[0] || p[1] - q[1]).map(([i, j]) => [i, j]);
}
