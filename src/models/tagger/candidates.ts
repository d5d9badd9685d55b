/**
 * The stretches of an input that may be the value of a tag, as the unit tagger leaves them, with their features.
 * Does not: rank them (spans.ts), or tag units (model.ts).
 */
import type { Json } from '../../core/json.ts';
import { type Writing, written } from '../extractor/edits.ts';
import { beginOf, insideOf } from '../extractor/groups.ts';
import type { ExtractionPlan } from '../extractor/plan.ts';
import { type Span, sliceOf } from '../extractor/units.ts';
import { hashOf, keyBefore } from './features.ts';
import { type Ground, isWord, wholesTold } from './ground.ts';

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

/** `user:` and the like, before what was said. */
const isRole = ({ units, messages, messageOf }: Ground, unit: number): boolean =>
  units.starts[unit]! < messages[messageOf[unit]!]!.start;

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
