/**
 * Answer templates: an answer with the values that were copied from the input replaced by slots. A classifier over the few
 * templates of a task can then answer with values it has never seen. For label tasks the template is the label itself.
 * Does not: choose the template (linear.ts), or score candidates for a slot (slot-ranker.ts).
 */
import { type Answer, type OutputKind, parseAnswer, targetOf } from '../../core/answer.ts';
import type { Example } from '../../core/dataset.ts';
import { isObject, type Json } from '../../core/json.ts';
import {
  RANKER_PLACES,
  type Slot,
  slotCandidates,
  slotFeatures,
  slotProbabilities,
  type Token,
} from './slot-ranker.ts';

/**
 * What a task's answers copy. Paths of values inside them, like `refund/amount`; '' is the text itself. Learnt from the
 * examples, so that a constant that happens to stand in an input is not taken for a copy.
 */
export interface CopyPlan {
  readonly paths: readonly string[];
  readonly slots: readonly Slot[];
}

/** How a value differs from its token in the input: not at all, in case, or it is a number in JSON. */
const WAYS = ['same', 'upper', 'lower', 'number'] as const;
type Way = (typeof WAYS)[number];

// A slot stands in a template as OPEN name MID way CLOSE: characters of Unicode's private use area.
const [OPEN, MID, CLOSE] = ['\uE000', '\uE001', '\uE002'];
const SLOT = new RegExp(`^${OPEN}([^${MID}]*)${MID}(\\w+)${CLOSE}$`);
const SLOTS = new RegExp(`${OPEN}([^${MID}]*)${MID}(\\w+)${CLOSE}`, 'g');
/** Words that may be values: with a digit or an @, or of three or more capitals. */
const WORD = /[^\s"'`()[\]{}<>,;:!?#$€£|=]+/gu;

/** Tokens of the text that look like values (order numbers, dates, amounts, addresses, codes), in order. */
export function valueTokens(text: string): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(WORD)) {
    const word = trimmed(match[0]);
    if (/\d/.test(word) || /.@./.test(word) || /^\p{Lu}{3,}$/u.test(word))
      tokens.push({ text: word, shape: shapeOf(word), at: match.index + match[0].indexOf(word) });
  }
  return tokens;
}

const trimmed = (word: string): string => word.replace(/^[.\-_/*]+|[.\-_/*%]+$/g, '');

/**
 * The kind of a token by its look: letters → a, each digit → 9 (up to eight), capitals alone → A; an address is an
 * address. Decimals, and numbers of up to three digits, are one shape whatever their length.
 */
function shapeOf(word: string): string {
  if (word.includes('@')) return '@';
  if (/^\p{Lu}+$/u.test(word)) return 'A';
  if (/^\d+[.,]\d{1,2}$/.test(word)) return '9.9';
  return word
    .replace(/\p{L}+/gu, 'a')
    .replace(/\d+/g, (digits) => (digits.length > 3 ? '9'.repeat(Math.min(8, digits.length)) : '9'));
}

interface Found {
  readonly token: Token;
  readonly way: Way;
}

/** The token that a value is copied from, or null. */
function source(value: string | number, tokens: readonly Token[]): Found | null {
  const ways: readonly Way[] = typeof value === 'number' ? ['number'] : ['same', 'upper', 'lower'];
  for (const way of ways) {
    const token = tokens.find(({ text }) => apply(way, text) === String(value));
    if (token) return { token, way };
  }
  return null;
}

function apply(way: Way, text: string): string {
  if (way === 'upper') return text.toUpperCase();
  if (way === 'lower') return text.toLowerCase();
  // JSON writes a number in one way only, and thousands marks are not part of it; above 2^53 it would be another one.
  if (way === 'number')
    return /^\d+(\.\d+)?$/.test(text) && Number(text) <= Number.MAX_SAFE_INTEGER ? String(Number(text)) : '';
  return text;
}

/** Values of the same key are the same slot wherever it stands; several in one text are told apart by their number. */
const slotName = (path: string, nth = 0): string =>
  `${path.split('/').at(-1) ?? ''}${nth === 0 ? '' : `·${nth}`}`;

/** What the examples' answers copy: the paths at which most values stand in the input, and the shapes they have. */
export function learnCopying(kind: OutputKind, examples: readonly Example[]): CopyPlan {
  if (kind === 'label') return { paths: [], slots: [] };
  const seen = new Map<string, { values: number; copied: number }>();
  const read = examples.map(({ input, answer }) => ({ tokens: valueTokens(input), answer }));
  for (const { tokens, answer } of read)
    mapAnswer(kind, answer, (path, value) => {
      const count = seen.get(path) ?? { values: 0, copied: 0 };
      count.values++;
      if (copies(value, path, tokens) !== null) count.copied++;
      seen.set(path, count);
      return value;
    });
  const paths = [...seen]
    .filter(([, { values, copied }]) => copied > 0 && copied * 2 >= values)
    .map(([path]) => path)
    .sort();
  const shapes = new Map<string, Set<string>>();
  for (const { tokens, answer } of read)
    mapAnswer(kind, answer, (path, value) => {
      if (paths.includes(path))
        copies(value, path, tokens, (name, { token }) =>
          shapes.set(name, (shapes.get(name) ?? new Set()).add(token.shape)),
        );
      return value;
    });
  const slots = [...shapes].sort().map(([name, set]) => ({ name, shapes: [...set].sort() }));
  return { paths, slots };
}

/** The answer with copied values replaced by slots, or as it is where nothing is copied or it cannot be read. */
export function toTemplate(kind: OutputKind, plan: CopyPlan, input: string, answer: string): string {
  if (kind === 'label' || answer.includes(OPEN)) return answer.trim();
  const tokens = valueTokens(input);
  const out = mapAnswer(kind, answer, (path, value) =>
    plan.paths.includes(path) ? (copies(value, path, tokens) ?? value) : value,
  );
  return out ?? answer;
}

/** The token behind each slot of an answer, by the slot's name. */
export function slotValues(
  kind: OutputKind,
  plan: CopyPlan,
  tokens: readonly Token[],
  answer: string,
): Map<string, string> {
  const values = new Map<string, string>();
  mapAnswer(kind, answer, (path, value) => {
    if (plan.paths.includes(path))
      copies(value, path, tokens, (name, { token }) => values.set(name, token.text));
    return value;
  });
  return values;
}

/** A value with its copied tokens as slots, each reported to `on`; null where nothing in it is copied. */
function copies(
  value: string | number,
  path: string,
  tokens: readonly Token[],
  on: (name: string, found: Found) => void = () => {},
): string | null {
  const slot = (name: string, found: Found): string => {
    on(name, found);
    return `${OPEN}${name}${MID}${found.way}${CLOSE}`;
  };
  const whole = source(value, tokens);
  if (whole !== null) return slot(slotName(path), whole);
  if (typeof value === 'number') return null;
  const names = new Map<string, string>();
  const out = value.replace(WORD, (word) => {
    const core = trimmed(word);
    const found = core === '' ? null : source(core, tokens);
    if (found === null) return word;
    const name = names.get(core) ?? slotName(path, names.size + 1);
    names.set(core, name);
    return word.replace(core, () => slot(name, found));
  });
  return names.size > 0 ? out : null;
}

export interface Filled {
  readonly answer: string;
  /** How probable it is that the least certain of its slots has the candidate that is meant; 1 without slots. */
  readonly slotConfidence: number;
}

/**
 * The answer that a template gives for this input; null where a slot has no candidate.
 * @param weights of the plan's slots, one after the other; null: the first candidate is taken, all being as likely.
 */
export function fillTemplate(
  kind: OutputKind,
  plan: CopyPlan,
  weights: Float32Array | null,
  template: string,
  input: string,
): Filled | null {
  if (kind === 'label' || !template.includes(OPEN)) return { answer: template, slotConfidence: 1 };
  const tokens = valueTokens(input);
  let slotConfidence = 1;
  let missing = false;
  const resolve = (name: string, way: Way): string => {
    const s = plan.slots.findIndex((slot) => slot.name === name);
    const candidates = s < 0 ? [] : slotCandidates(plan.slots[s]!, tokens);
    const own =
      weights?.subarray(s * RANKER_PLACES, (s + 1) * RANKER_PLACES) ?? new Float32Array(RANKER_PLACES);
    const probabilities =
      candidates.length === 0 ? [] : slotProbabilities(slotFeatures(candidates, tokens, input), own);
    const best = probabilities.indexOf(Math.max(...probabilities));
    const text = apply(way, candidates[best] ?? '');
    if (text === '') missing = true;
    slotConfidence = Math.min(slotConfidence, probabilities[best] ?? 0);
    return text;
  };
  const answer = mapAnswer(kind, template, (_, value) => {
    if (typeof value === 'number') return value;
    const whole = SLOT.exec(value);
    if (whole?.[2] === 'number') return Number(resolve(whole[1]!, 'number'));
    return value.replace(SLOTS, (_match, name: string, way: string) => resolve(name, way as Way));
  });
  return missing || answer === null ? null : { answer, slotConfidence };
}

/** The answer's text with every string and number in it mapped; null where it is not of its kind. */
function mapAnswer(
  kind: OutputKind,
  text: string,
  map: (path: string, value: string | number) => string | number,
): string | null {
  const answer = parseAnswer(kind, text);
  return answer === null ? null : targetOf(mapped(answer, map));
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
