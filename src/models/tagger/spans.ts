/**
 * Which stretch of the input is the value of a tag: the candidates that the unit tagger leaves, ranked against each other by
 * a linear score, softmax over all of them and "none". Stretches that give the same value speak for it together.
 * Does not: fit the weights (train/tagger), or tag units (model.ts).
 */
import type { Json } from '../../core/json.ts';
import { type Writing, written } from '../extractor/edits.ts';
import { beginOf, insideOf } from '../extractor/groups.ts';
import type { ExtractionPlan } from '../extractor/plan.ts';
import { quotedValues, type Spellings, spellingsIn } from '../extractor/spelling.ts';
import { type Span, sliceOf, type Units } from '../extractor/units.ts';
import { hashOf, isCall, keyBefore, messagesOf, type Said } from './features.ts';

/** Weights of all tags; features are hashed into this many places. */
export const SPAN_PLACES = 1 << 18;
/** Places where a value may begin that are looked at for each tag, and units of a value at most. */
const [MAX_BEGINS, MAX_LENGTH] = [10, 10];
/** Values that stand in JSON, the newest, that are looked at for each tag. */
const MAX_WHOLES = 60;

export interface Candidate extends Span {
  /** What it says, by the edits of the tag's fields. */
  readonly key: string;
  /** Places of its features. */
  readonly features: Uint32Array;
}

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
interface Whole extends Span {
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
  const isSpoken = messages.map((message) => message.role !== 'tool' && !isCall(text, message));
  const spokenIn = new Map<string, number>();
  words.forEach((word, unit) => {
    if (isSpoken[messageOf[unit]!]) spokenIn.set(word, messageOf[unit]!);
  });
  return {
    units,
    words,
    lower: text.toLowerCase(),
    messages,
    messageOf,
    quoted: spellingsIn(text),
    wholes: wholesOf(units),
    spokenIn,
  };
}

function wholesOf({ text, starts, ends }: Units): readonly Whole[] {
  const startAt = new Map(starts.map((at, unit) => [at, unit]));
  const endAt = new Map(ends.map((at, unit) => [at, unit + 1]));
  return quotedValues(text).flatMap(({ from, to }): Whole[] => {
    const [start, end] = [startAt.get(from), endAt.get(to)];
    if (start === undefined || end === undefined) return [];
    return [{ start, end, key: hashOf(keyBefore(text, from)) }];
  });
}

/** What the values of a tag are, as its fields write them. */
export interface TagValues {
  readonly writings: readonly Writing[];
  /** How many of the examples have the value, by the hash of its key. */
  readonly known: ReadonlyMap<number, number>;
  /** Keys of JSON, hashed, whose values it has had. */
  readonly keys: ReadonlySet<number>;
}

export const writingsOfTags = ({ fields, tags }: ExtractionPlan): readonly (readonly Writing[])[] =>
  Array.from({ length: tags }, (_, tag) => fields.filter((field) => field.tag === tag));

const keyOfValue = (value: Json): string => JSON.stringify(value);

/** The key of what a span says for a tag; null where no field could have it. */
export function spanKey(
  writings: readonly Writing[],
  { units, quoted }: Pick<Ground, 'units' | 'quoted'>,
  span: Span,
): string | null {
  for (const each of writings) {
    const value = written(each, sliceOf(units, span), quoted);
    if (value !== undefined) return keyOfValue(value);
  }
  return null;
}

/**
 * The candidates for a tag.
 * @param tags What the unit tagger says, [units, count].
 * @param gold Spans that are to be among them.
 * @param own The key of a value that must not count as known by its own example.
 */
export function candidatesFor(
  ground: Ground,
  tag: number,
  { writings, known, keys }: TagValues,
  tags: Float32Array,
  count: number,
  gold: readonly Span[] = [],
  own: string | null = null,
): readonly Candidate[] {
  const { units, messageOf } = ground;
  const total = units.starts.length;
  const begin = (unit: number): number => tags[unit * count + beginOf(tag)]!;
  const inside = (unit: number): number => (unit < total ? tags[unit * count + insideOf(tag)]! : 0);
  const begins = Array.from({ length: total }, (_, unit) => unit)
    .filter((unit) => isWord(ground.words[unit]!) && !isRole(ground, unit))
    .sort((a, b) => begin(b) - begin(a) || b - a)
    .slice(0, MAX_BEGINS);
  const spans: Span[] = [];
  for (const start of new Set([...begins, ...gold.map((span) => span.start)]))
    for (let end = start + 1; end <= Math.min(total, start + MAX_LENGTH); end++) {
      if (messageOf[end - 1] !== messageOf[start] || ground.words[end - 1] === '"') break;
      if (isWord(ground.words[end - 1]!)) spans.push({ start, end });
    }
  const wholes = ground.wholes.filter(({ key }) => keys.has(key)).slice(-MAX_WHOLES);
  for (const span of [...gold, ...wholes])
    if (!spans.some(({ start, end }) => start === span.start && end === span.end)) spans.push(span);
  const told = wholesTold(ground, wholes);
  const read = spans.flatMap((span) => {
    const key = spanKey(writings, ground, span);
    return key === null ? [] : [{ ...span, key }];
  });
  const alike = new Map<string, number>();
  for (const { key } of read) alike.set(key, (alike.get(key) ?? 0) + 1);
  return read.map((span) => {
    const met = (known.get(hashOf(span.key)) ?? 0) - (span.key === own ? 1 : 0);
    const chance = bin(begin(span.start));
    let least = 1;
    for (let unit = span.start + 1; unit < span.end; unit++) least = Math.min(least, inside(unit));
    const stop = bin(1 - inside(span.end));
    const said = [
      `begin ${chance}`,
      `inside ${bin(least)} ${Math.min(4, span.end - span.start)}`,
      `stop ${stop}`,
      `tagged ${chance} ${bin(least)} ${stop}`,
      `met ${Math.min(5, met)}`,
      `alike ${Math.min(4, alike.get(span.key)!)}`,
    ];
    const whole = told.get(span.start);
    if (whole?.end === span.end) said.push(...whole.features);
    return { start: span.start, end: span.end, key: span.key, features: featuresOf(ground, tag, span, said) };
  });
}

/**
 * What is told of values that stand in JSON, by where they begin: under which key, and whether it is the one of them that was
 * spoken of afterwards. A user who is told of three hotels names the one he wants by a part of its name.
 */
function wholesTold(
  { words, messages, messageOf, spokenIn }: Ground,
  wholes: readonly Whole[],
): ReadonlyMap<number, { readonly end: number; readonly features: readonly string[] }> {
  const all = wholes.map((whole) => {
    const own = new Set(words.slice(whole.start, whole.end).filter(isWord));
    const spoken = [...own]
      .map((word) => spokenIn.get(word) ?? -1)
      .filter((at) => at > messageOf[whole.start]!);
    const share = spoken.length / Math.max(1, own.size);
    return { whole, share, newest: Math.max(-1, ...spoken), value: [...own].join(' ') };
  });
  return new Map(
    all.map(({ whole, share, newest, value }) => {
      const others = all.filter((other) => other.whole.key === whole.key && other.value !== value);
      const better = others.filter(
        (other) => other.share > share || (other.share === share && other.newest > newest),
      );
      const alike = others.filter((other) => other.share === share && other.newest === newest);
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

/** `user:` and the like, before what was said. */
const isRole = ({ units, messages, messageOf }: Ground, unit: number): boolean =>
  units.starts[unit]! < messages[messageOf[unit]!]!.start;

const isWord = (word: string): boolean => /[\p{L}\p{N}$€£]/u.test(word);

/** A probability by its size: 0 below 0.1 %, 9 above 99.9 %. */
function bin(probability: number): number {
  const p = Math.min(0.9995, Math.max(0.0005, probability));
  return Math.round(4.5 + (4.5 * Math.log(p / (1 - p))) / 7.6);
}

function featuresOf(ground: Ground, tag: number, { start, end }: Span, told: readonly string[]): Uint32Array {
  const { units, words, lower, messages, messageOf } = ground;
  const { text } = units;
  const places = new Set<number>();
  const add = (feature: string): void => {
    const hash = hashOf(`${tag} ${feature}`);
    places.add((hash ^ (hash >>> 14)) & (SPAN_PLACES - 1));
  };
  for (const each of told) add(each);
  const m = messageOf[start]!;
  const { role } = messages[m]!;
  const age = Math.min(9, messages.length - 1 - m);
  const length = Math.min(6, end - start);
  const own = sliceOf(units, { start, end });
  const said = own.toLowerCase();
  const word = (at: number): string => words[at]?.replace(/\d/g, '0') ?? '';
  const isCapital = (at: number): boolean => /^\p{Lu}/u.test(text.slice(units.starts[at], units.ends[at]));
  let capitals = 0;
  for (let unit = start; unit < end; unit++) if (isCapital(unit)) capitals++;
  add(`length ${length}`);
  add(`capitals ${capitals === 0 ? 'none' : capitals === end - start ? 'all' : 'some'} ${length}`);
  add(`edges ${isCapital(start)} ${isCapital(end - 1)}`);
  add(
    `beyond ${start > 0 && isCapital(start - 1)} ${end < words.length && isCapital(end)} ${isCapital(start)} ${isCapital(end - 1)}`,
  );
  add(`age ${role} ${age}`);
  for (let unit = start; unit < end; unit++) add(`has ${word(unit)}`);
  add(`all ${said.replace(/\d/g, '0')}`);
  for (let k = 1; k <= 3; k++) {
    add(`l${k} ${word(start - k)}`);
    add(`r${k} ${word(end - 1 + k)}`);
  }
  add(`ll ${word(start - 2)} ${word(start - 1)}`);
  add(`lll ${word(start - 3)} ${word(start - 2)} ${word(start - 1)}`);
  add(`lr ${word(start - 1)} ${word(end)}`);
  const mentions = countOf(lower, said, 6);
  add(`mentions ${Math.min(4, mentions)}`);
  add(`quoted ${lower.includes(`"${said}"`)} ${text.includes(`"${own}"`)} ${role}`);
  const longer = end < words.length ? lower.slice(units.starts[start], units.ends[end]) : '';
  add(`longer again ${longer === '' ? 0 : Math.min(3, countOf(lower, longer, 4))} ${Math.min(4, mentions)}`);
  const earlier = start > 0 ? lower.slice(units.starts[start - 1], units.ends[end - 1]) : '';
  add(
    `earlier again ${earlier === '' ? 0 : Math.min(3, countOf(lower, earlier, 4))} ${Math.min(4, mentions)}`,
  );
  // The newest message that says it, whoever does.
  const last = lower.lastIndexOf(said);
  const newest = messages.findLastIndex(({ start: from }) => from <= last);
  add(`newest ${messages[newest]?.role} ${Math.min(9, messages.length - 1 - newest)}`);
  add(`is newest ${newest === m}`);
  if (role === 'user') for (const asked of messages[m - 1]?.words.slice(-14) ?? []) add(`asked ${asked}`);
  if (role === 'tool' || role === 'assistant') {
    add(`key ${role} ${keyBefore(text, units.starts[start]!)}`);
  }
  return Uint32Array.from(places);
}

function countOf(text: string, part: string, most: number): number {
  let n = 0;
  for (let at = text.indexOf(part); at >= 0 && n < most; at = text.indexOf(part, at + 1)) n++;
  return n;
}

/** The place of the weight by which "none" of a tag is scored. */
export const noneOf = (tag: number): number => hashOf(`${tag} none`) & (SPAN_PLACES - 1);

/** How probable each candidate is, and "none", which comes last. */
export function spanProbabilities(
  candidates: readonly Candidate[],
  tag: number,
  weights: Float32Array,
): Float64Array {
  const scores = new Float64Array(candidates.length + 1);
  candidates.forEach(({ features }, i) => {
    let sum = 0;
    for (const place of features) sum += weights[place]!;
    scores[i] = sum;
  });
  scores[candidates.length] = weights[noneOf(tag)]!;
  let top = Number.NEGATIVE_INFINITY;
  for (const score of scores) if (score > top) top = score;
  let total = 0;
  for (let i = 0; i < scores.length; i++) total += scores[i] = Math.exp(scores[i]! - top);
  for (let i = 0; i < scores.length; i++) scores[i]! /= total;
  return scores;
}

/** A value where it stands best, and the probability that it is this one, if any. */
interface ValueSpan extends Span {
  readonly probability: number;
}

/** Values beside the most probable one that are kept. */
const MAX_OTHERS = 4;

/** What is said of a tag: the most probable value, where it stands best; and whether there is one at all. */
export interface TagReading {
  /** Null where there is no candidate. */
  readonly value: (ValueSpan & { readonly others: readonly ValueSpan[] }) | null;
  /** Log odds that there is a value, within ±MAX_ODDS. */
  readonly odds: number;
}

/** Log odds beyond this are as good as certain. */
export const MAX_ODDS = 9;

/** The log odds of a probability, kept finite. */
export function oddsOf(probability: number): number {
  const least = 1 / (1 + Math.exp(MAX_ODDS));
  const p = Math.min(1 - least, Math.max(least, probability));
  return Math.log(p / (1 - p));
}

/**
 * What the form is chosen by, beside the words: for each tag whether a value is as sure as values are, in [-1, 1]. A tool
 * that asks for a number is called once there is one; among hundreds of words that would hardly count.
 * @param usual For each tag the log odds that nearly all values have.
 */
export function foundVector(odds: readonly number[], usual: Float32Array): Float32Array {
  return Float32Array.from(odds, (each, tag) => Math.min(1, Math.max(-1, (each - usual[tag]!) / 2)));
}

/** As a probability: what is usual at the least is 0.12, 4 above it 0.88. */
export const presenceOf = (odds: number, usual: number): number => 1 / (1 + Math.exp(usual + 2 - odds));

/** @param probabilities as spanProbabilities gives them. */
export function readTag(candidates: readonly Candidate[], probabilities: Float64Array): TagReading {
  const byKey = new Map<string, { sum: number; best: number }>();
  candidates.forEach(({ key }, i) => {
    const p = probabilities[i]!;
    const known = byKey.get(key);
    if (!known) byKey.set(key, { sum: p, best: i });
    else {
      known.sum += p;
      if (p > probabilities[known.best]!) known.best = i;
    }
  });
  const some = 1 - probabilities[candidates.length]!;
  const odds = oddsOf(some);
  const [top, ...others] = [...byKey.values()]
    .sort((a, b) => b.sum - a.sum)
    .slice(0, 1 + MAX_OTHERS)
    .map(({ sum, best }): ValueSpan => {
      const { start, end } = candidates[best]!;
      return { start, end, probability: Math.min(1, sum / Math.max(1e-12, some)) };
    });
  return { value: top === undefined ? null : { ...top, others }, odds };
}
