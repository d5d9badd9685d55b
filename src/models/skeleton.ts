/**
 * Skeletons: an answer with the values that were copied from the input replaced by pointers ("the first token shaped
 * like a-99"). A classifier over the few skeletons of a task can then answer with values it has never seen.
 * For label tasks the skeleton is the label itself.
 * Does not: choose the skeleton (models/linear).
 */
import { type Answer, type OutputKind, parseAnswer, renderAnswer } from '../core/answer.ts';
import type { Example } from '../core/dataset.ts';
import { isObject, type Json } from '../core/json.ts';

/**
 * Where a task's answers copy: paths of values inside them, like `refund/amount`; '' is the text itself.
 * Learnt from the examples, so that a constant that happens to stand in an input is not taken for a copy.
 */
export interface CopyPlan {
  readonly paths: readonly string[];
}

/** How a value differs from its token in the input: not at all, in case, or it is a number in JSON. */
const WAYS = ['same', 'upper', 'lower', 'number'] as const;
type Way = (typeof WAYS)[number];

interface Token {
  readonly text: string;
  readonly shape: string;
}

// A pointer stands in a skeleton as OPEN shape MID place MID way CLOSE: characters of Unicode's private use area.
const [OPEN, MID, CLOSE] = ['\uE000', '\uE001', '\uE002'];
const POINTER = new RegExp(`${OPEN}([^${MID}]*)${MID}(-?\\d+)${MID}(\\w+)${CLOSE}`, 'g');
/** Words that may be values: with a digit or an @, or of three or more capitals. */
const WORD = /[^\s"'`()[\]{}<>,;:!?#$€£|=]+/gu;

/** Tokens of the text that look like values (order numbers, dates, amounts, addresses, codes), in order. */
function valueTokens(text: string): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(WORD)) {
    const word = match[0].replace(/^[.\-_/*]+|[.\-_/*%]+$/g, '');
    if (/\d/.test(word) || /.@./.test(word) || /^\p{Lu}{3,}$/u.test(word))
      tokens.push({ text: word, shape: shapeOf(word) });
  }
  return tokens;
}

/**
 * The kind of a token by its look: letters → a, up to three digits → 9, more → 99; capitals alone → A; an address
 * is an address. Decimals are one shape whatever their length.
 */
function shapeOf(word: string): string {
  if (word.includes('@')) return '@';
  if (/^\p{Lu}+$/u.test(word)) return 'A';
  if (/^\d+[.,]\d{1,2}$/.test(word)) return '9.9';
  return word.replace(/\p{L}+/gu, 'a').replace(/\d+/g, (digits) => (digits.length > 3 ? '99' : '9'));
}

/** The distinct texts of one shape, in order of first appearance. */
const ofShape = (tokens: readonly Token[], shape: string): string[] => [
  ...new Set(tokens.filter((token) => token.shape === shape).map(({ text }) => text)),
];

/** The pointer to a value among the tokens, or null where it is not there. */
function pointerTo(value: string, number: boolean, tokens: readonly Token[]): string | null {
  const ways: readonly Way[] = number ? ['number'] : ['same', 'upper', 'lower'];
  for (const way of ways) {
    const token = tokens.find(({ text }) => apply(way, text) === value);
    if (!token) continue;
    const places = ofShape(tokens, token.shape);
    const place = places.indexOf(token.text);
    // The last one is counted from the end: in a conversation the newest mention is what matters.
    const k = place > 0 && place === places.length - 1 ? -1 : place;
    return `${OPEN}${token.shape}${MID}${k}${MID}${way}${CLOSE}`;
  }
  return null;
}

function apply(way: Way, text: string): string {
  if (way === 'upper') return text.toUpperCase();
  if (way === 'lower') return text.toLowerCase();
  // JSON writes a number in one way only, and thousands marks are not part of it.
  if (way === 'number') return /^\d+(\.\d+)?$/.test(text) ? String(Number(text)) : '';
  return text;
}

/** The paths at which most values of the examples can be copied from the input. */
export function learnCopying(kind: OutputKind, examples: readonly Example[]): CopyPlan {
  if (kind === 'label') return { paths: [] };
  const seen = new Map<string, { values: number; copied: number }>();
  for (const { input, answer } of examples) {
    const tokens = valueTokens(input);
    mapAnswer(kind, answer, (path, value) => {
      const count = seen.get(path) ?? { values: 0, copied: 0 };
      count.values++;
      if (pointTo(value, tokens) !== null) count.copied++;
      seen.set(path, count);
      return value;
    });
  }
  const paths = [...seen].filter(([, { values, copied }]) => copied > 0 && copied * 2 >= values);
  return { paths: paths.map(([path]) => path).sort() };
}

/** The answer with copied values replaced by pointers, or as it is where nothing is copied or it cannot be read. */
export function toSkeleton(kind: OutputKind, plan: CopyPlan, input: string, answer: string): string {
  if (kind === 'label' || answer.includes(OPEN)) return answer.trim();
  const tokens = valueTokens(input);
  const out = mapAnswer(kind, answer, (path, value) =>
    plan.paths.includes(path) ? (pointTo(value, tokens) ?? value) : value,
  );
  return out ?? answer;
}

/** A string or number with its copied tokens as pointers; null where nothing in it is copied. */
function pointTo(value: string | number, tokens: readonly Token[]): string | null {
  if (typeof value === 'number') return pointerTo(String(value), true, tokens);
  const whole = pointerTo(value, false, tokens);
  if (whole !== null) return whole;
  let copied = false;
  const out = value.replace(WORD, (word) => {
    const core = word.replace(/^[.\-_/*]+|[.\-_/*%]+$/g, '');
    const pointer = core === '' ? null : pointerTo(core, false, tokens);
    if (pointer === null) return word;
    copied = true;
    return word.replace(core, () => pointer);
  });
  return copied ? out : null;
}

export interface Filled {
  readonly answer: string;
  /** 1 where the input offers exactly the values the skeleton asks for; lower the more there are to choose from. */
  readonly clarity: number;
}

/** The answer that a skeleton gives for this input; null where a pointer points at nothing. */
export function fillSkeleton(kind: OutputKind, skeleton: string, input: string): Filled | null {
  if (kind === 'label' || !skeleton.includes(OPEN)) return { answer: skeleton, clarity: 1 };
  const tokens = valueTokens(input);
  const asked = new Map<string, Set<string>>();
  let missing = false;
  const resolve = (shape: string, place: string, way: string): string => {
    const candidates = ofShape(tokens, shape);
    const text = candidates.at(Number(place));
    if (text === undefined) missing = true;
    asked.set(shape, (asked.get(shape) ?? new Set()).add(place));
    return apply(way as Way, text ?? '');
  };
  const answer = mapAnswer(kind, skeleton, (_, value) => {
    if (typeof value === 'number') return value;
    const number = new RegExp(`^${POINTER.source}$`).exec(value);
    if (number?.[3] === 'number') {
      const text = resolve(number[1]!, number[2]!, 'number');
      if (text === '') missing = true;
      return Number(text);
    }
    return value.replace(POINTER, (_match, shape: string, place: string, way: string) =>
      resolve(shape, place, way),
    );
  });
  if (missing || answer === null) return null;
  let clarity = 1;
  for (const [shape, places] of asked)
    clarity = Math.min(clarity, places.size / Math.max(places.size, ofShape(tokens, shape).length));
  return { answer, clarity };
}

/** The answer's text with every string and number in it mapped; null where it is not of its kind. */
function mapAnswer(
  kind: OutputKind,
  text: string,
  map: (path: string, value: string | number) => string | number,
): string | null {
  const answer = parseAnswer(kind, text);
  if (answer === null) return null;
  return renderAnswer(mapped(answer, map));
}

function mapped(answer: Answer, map: (path: string, value: string | number) => string | number): Answer {
  const walk = (value: Json, path: string): Json => {
    if (typeof value === 'string' || typeof value === 'number') return map(path, value);
    if (Array.isArray(value)) return value.map((item) => walk(item, path));
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, walk(item, `${path}/${key}`)]),
    );
  };
  switch (answer.kind) {
    case 'text':
      return { kind: 'text', text: String(map('', answer.text)) };
    case 'json':
      return { kind: 'json', value: walk(answer.value, '') };
    case 'tool':
      return {
        kind: 'tool',
        uses: answer.uses.map((use) => ({ name: use.name, arguments: walk(use.arguments, use.name) })),
      };
  }
}

/**
 * Why a classifier over these skeletons (one per training example) cannot work; null where it can. With most seen
 * only once there is nothing to choose from.
 */
export function whyNotClassified(skeletons: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const skeleton of skeletons) counts.set(skeleton, (counts.get(skeleton) ?? 0) + 1);
  const rare = skeletons.filter((skeleton) => counts.get(skeleton) === 1).length;
  if (rare * 2 > skeletons.length)
    return `Its answers are too varied to choose among: ${rare} of ${skeletons.length} have a form seen only once.`;
  return null;
}
