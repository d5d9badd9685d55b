/**
 * What the linear extractor sees of an input, as hashes: of the whole its messages, the newest told apart from the older
 * ones, and of each unit its words, its place, and what was asked before it. Needs no weights.
 * Does not: weigh features (model.ts), or cut the input into units (models/extractor/units).
 */
import { sliceOf, type Units } from '../extractor/units.ts';

/** Hashes of the features that are there; each is there or not. */
export type Features = Uint32Array;

/** A message of an input. */
export interface Said {
  /** user, assistant or tool; '' where the input is no conversation. */
  readonly role: string;
  readonly start: number;
  readonly end: number;
  readonly words: readonly string[];
}

const ROLE = /^(user|assistant|tool): /gm;
/** Words of a message that are looked at: of a longer one the first and the last. */
const MAX_WORDS = 80;
/** Messages, from the newest back, whose words are told apart by how old they are. */
const RECENT = 4;

/** The messages of an input that variable-part.ts rendered; one without a role where it is a single text. */
export function messagesOf(text: string): readonly Said[] {
  const starts = [...text.matchAll(ROLE)].map((match) => ({
    role: match[1]!,
    at: match.index,
    skip: match[0].length,
  }));
  if (starts[0]?.at !== 0) starts.unshift({ role: '', at: 0, skip: 0 });
  return starts.map(({ role, at, skip }, i) => {
    const end = starts[i + 1]?.at ?? text.length;
    return { role, start: at + skip, end, words: wordsOf(text.slice(at + skip, end)) };
  });
}

function wordsOf(text: string): readonly string[] {
  const words =
    text
      .toLowerCase()
      .replace(/\d/g, '0')
      .match(/[\p{L}\p{M}\p{N}_']+|[?!€£$]/gu) ?? [];
  return words.length <= MAX_WORDS
    ? words
    : [...words.slice(0, MAX_WORDS / 2), ...words.slice(-MAX_WORDS / 2)];
}

/** A tool call that an assistant's message holds: its name stands alone before the arguments. */
export const CALL = /(?:^|\n)([\w.-]{1,64}) (?=\{)/g;

/** Whether a message is a tool call, and nothing that was said to anybody. */
export const isCall = (text: string, { role, start, end }: Said): boolean =>
  role === 'assistant' && text.slice(start, end).search(CALL) >= 0;

/** What the unit tagger says of an input: [units, count]. */
export interface UnitTags {
  readonly tags: Float32Array;
  readonly count: number;
}

/**
 * The features of the whole input.
 * @param tagged With it, also which values are there, and who said them when: a tool can be called once they are known.
 */
export function inputFeatures(units: Units, tagged: UnitTags | null): Features {
  const { text } = units;
  const out = collector();
  const messages = messagesOf(text);
  const newest = messages.toReversed();
  const called = messages.flatMap((message, i) =>
    message.role === 'assistant'
      ? [...text.slice(message.start, message.end).matchAll(CALL)].map((match) => ({ name: match[1]!, i }))
      : [],
  );
  for (const [age, { role, words, start, end }] of newest.entries()) {
    if (age < RECENT) {
      const at = `${age}${role}`;
      out.add(`${at} length ${Math.min(9, Math.ceil(Math.sqrt(words.length)))}`);
      words.forEach((word, w) => {
        out.add(`${at} ${word}`);
        if (age < 2) {
          out.add(`${at} ${words[w - 1] ?? ''} ${word}`);
          if (word.length > 5) out.add(`${at} ${word.slice(0, 5)}*`);
        }
      });
      if (role === 'tool')
        out.add(`${at} result ${text.slice(start, Math.min(end, start + 12)).replace(/\d/g, '0')}`);
    } else for (const word of words) out.add(`older ${role} ${word}`);
    if (role !== 'tool') for (const word of words) out.add(`any ${role} ${word}`);
  }
  // What was said in answer to what was asked.
  const [last, before] = newest;
  if (last && before)
    for (const asked of before.words.slice(-24))
      for (const said of last.words.slice(0, 2)) out.add(`pair ${asked} ${said}`);
  const [latest] = called.slice(-1);
  out.add(`called ${latest?.name ?? ''} ${latest ? Math.min(8, messages.length - latest.i) : ''}`);
  for (const { name } of called) out.add(`has called ${name}`);
  out.add(`turns ${Math.min(12, messages.length)} ${last?.role ?? ''}`);
  if (tagged) for (const feature of foundFeatures(units, messages, tagged)) out.add(feature);
  return out.hashes();
}

/** The features by which a field's value is chosen: what was said, and what was said last; fewer, so that each tells more. */
export function fieldFeatures({ text }: Units): Features {
  const out = collector();
  const spoken = messagesOf(text).filter((message) => message.role !== 'tool' && !isCall(text, message));
  const seen = new Map<string, number>();
  for (const { role, words } of spoken.toReversed()) {
    const age = seen.get(role) ?? 0;
    seen.set(role, age + 1);
    words.forEach((word, w) => {
      out.add(`said ${role} ${word}`);
      if (age > 1) return;
      out.add(`${age}${role} ${word}`);
      out.add(`${age}${role} ${words[w - 1] ?? ''} ${word}`);
    });
  }
  return out.hashes();
}

/** For each tag where a value most likely begins, how likely, and which tags are there together. */
function foundFeatures(units: Units, messages: readonly Said[], { tags, count }: UnitTags): string[] {
  const { starts } = units;
  const out: string[] = [];
  const [there, fresh]: [number[], number[]] = [[], []];
  const newestFrom = messages.at(-1)?.start ?? 0;
  for (let state = 1; state < count; state += 2) {
    let [best, newest] = [-1, 0];
    for (let unit = 0; unit < starts.length; unit++) {
      const p = tags[unit * count + state]!;
      if (best < 0 || p > tags[best * count + state]!) best = unit;
      if (starts[unit]! >= newestFrom) newest = Math.max(newest, p);
    }
    const p = best < 0 ? 0 : tags[best * count + state]!;
    const at = messages.findLastIndex(({ start }) => best >= 0 && start <= starts[best]!);
    const size = p > 0.9 ? 3 : p > 0.5 ? 2 : p > 0.1 ? 1 : 0;
    out.push(`tag ${state} ${size}`);
    out.push(`tag ${state} ${size} ${messages[at]?.role} ${Math.min(3, messages.length - 1 - at)}`);
    if (p > 0.5) there.push(state);
    // What stands there, for values that are named otherwise than they are written.
    for (let unit = Math.max(0, best - 1); best >= 0 && unit < Math.min(starts.length, best + 3); unit++)
      out.push(`tag ${state} ${unit - best} ${sliceOf(units, { start: unit, end: unit + 1 }).toLowerCase()}`);
    if (newest > 0.5) {
      fresh.push(state);
      out.push(`new ${state}`);
    }
  }
  out.push(`there ${there.join(' ')}`, `new ${fresh.join(' ')} of ${there.join(' ')}`);
  return out;
}

/** Units around one whose words tell what it is. */
const NEAR = 4;

/** The features of each unit, in order. */
export function unitFeatures(units: Units): readonly Features[] {
  const { text, starts, ends } = units;
  const messages = messagesOf(text);
  const words = starts.map((_, unit) =>
    sliceOf(units, { start: unit, end: unit + 1 })
      .toLowerCase()
      .replace(/\d/g, '0'),
  );
  const shapes = starts.map((start, unit) => shapeOf(text.slice(start, ends[unit])));
  const lastAt = new Map(words.map((word, unit) => [word, unit]));
  let m = 0;
  return starts.map((start, unit) => {
    while (m + 1 < messages.length && start >= messages[m]!.end) m++;
    const { role } = messages[m]!;
    const age = messages.length - 1 - m;
    const out = collector();
    const word = (at: number): string => words[at] ?? '';
    const own = word(unit);
    out.add(`w ${own}`);
    out.add(`s ${shapes[unit]} ${shapes[unit - 1] ?? ''} ${shapes[unit + 1] ?? ''}`);
    out.add(`p ${own.slice(0, 3)}`);
    out.add(`e ${own.slice(-3)} ${shapes[unit]}`);
    for (let k = 1; k <= NEAR; k++) {
      out.add(`l${k} ${word(unit - k)}`);
      out.add(`r${k} ${word(unit + k)}`);
      out.add(`before ${word(unit - k)} ${shapes[unit]}`);
    }
    out.add(`lw ${word(unit - 1)} ${own}`);
    out.add(`wr ${own} ${word(unit + 1)}`);
    out.add(`ll ${word(unit - 2)} ${word(unit - 1)}`);
    out.add(`lll ${word(unit - 3)} ${word(unit - 2)} ${word(unit - 1)}`);
    out.add(`rr ${word(unit + 1)} ${word(unit + 2)}`);
    out.add(`age ${role} ${Math.min(9, age)}`);
    out.add(`age ${role} ${Math.min(9, age)} ${shapes[unit]}`);
    out.add(`again ${lastAt.get(own) === unit} ${shapes[unit]}`);
    out.add(`again ${lastAt.get(own) === unit} ${role} ${word(unit - 1)}`);
    if (role === 'tool' || role === 'assistant')
      out.add(`key ${role} ${keyBefore(text, start)} ${shapes[unit]}`);
    // The question that it may answer.
    if (role === 'user')
      for (const asked of messages[m - 1]?.words.slice(-16) ?? []) out.add(`asked ${asked} ${shapes[unit]}`);
    return out.hashes();
  });
}

/** The JSON key whose value a place of the text is in, near enough. */
export function keyBefore(text: string, at: number): string {
  const before = text.slice(Math.max(0, at - 80), at);
  const keys = [...before.matchAll(/"((?:[^"\\\n]|\\.){1,40})"\s?:/g)];
  return keys.at(-1)?.[1] ?? '';
}

/** A for capitals, Aa, a, 0 by length, or the mark itself. */
function shapeOf(unit: string): string {
  if (/^\p{N}+$/u.test(unit)) return '0'.repeat(Math.min(5, unit.length));
  if (!/^\p{L}/u.test(unit)) return unit;
  if (unit === unit.toLowerCase()) return 'a';
  return unit.length > 1 && unit === unit.toUpperCase() ? 'A' : 'Aa';
}

function collector(): { add(feature: string): void; hashes(): Features } {
  const hashes = new Set<number>();
  return {
    add: (feature) => void hashes.add(hashOf(feature)),
    hashes: () => Uint32Array.from(hashes),
  };
}

/** FNV-1a over UTF-16 units. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
