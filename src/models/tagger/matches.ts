/**
 * How the options of a field are named in the input: whether the newest message, or an older one, says the value itself, and
 * who says it. What is learnt of one option holds for all: a value that is named is likely the one that is meant.
 * Does not: weigh (model.ts).
 */
import { parseJson } from '../../core/json.ts';
import { ABSENT, COPY, OTHER } from '../extractor/plan.ts';
import { isCall, messagesOf } from './features.ts';

/** Places of the weights that all options share. */
export const MATCH_PLACES = 128;
/** The place of the option that is named last; and from where on it is told how the field itself is named. */
const [LATEST, FIELD] = [62, 64];
const [ROLES, AGES] = [['user', 'assistant', 'tool', ''], 5];
/** Letters by which another form of a word is known: `comedies` for `Comedy`. */
const STEM = 5;

/** Options that are no value of the field. */
const NO_VALUES: ReadonlySet<string> = new Set([ABSENT, COPY, OTHER]);

interface Heard {
  readonly role: string;
  readonly said: string;
}

/**
 * For each option the places of its features.
 * @param field Path of the field: `has_parking` is likely there where somebody speaks of parking.
 */
export function matchFeatures(
  text: string,
  options: readonly string[],
  field: readonly string[],
): readonly Uint32Array[] {
  const newest = messagesOf(text)
    .toReversed()
    .map((message): Heard => {
      const said = text.slice(message.start, message.end);
      // What a tool was called with, and what it found, is no word of theirs.
      const own = isCall(text, message) ? 'tool' : message.role;
      return { role: own, said: ` ${said.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ')} ` };
    });
  const named = namedPlace(newest, wordsOfField(field));
  const found = options.map((option) => {
    const value = parseJson(option);
    const words =
      typeof value === 'string'
        ? value
            .toLowerCase()
            .replace(/[^\p{L}\p{N}]+/gu, ' ')
            .trim()
        : '';
    if (words.length < 2) return { age: -1, stem: -1 };
    const age = newest.findIndex(({ role, said }) => role !== 'tool' && said.includes(` ${words} `));
    const stem =
      words.length <= STEM || age >= 0
        ? -1
        : newest.findIndex(({ role, said }) => role !== 'tool' && said.includes(` ${words.slice(0, STEM)}`));
    return { age, stem };
  });
  const latest = Math.min(...found.flatMap(({ age }) => (age < 0 ? [] : [age])));
  return found.map(({ age, stem }, i) => {
    const places = [placeOf(newest, age, stem)];
    if (age === latest) places.push(LATEST);
    if (!NO_VALUES.has(options[i]!)) places.push(named);
    return Uint32Array.from(places);
  });
}

/** How an option is named: by itself, or by another form of its word; by whom, and how long ago. 0 where it is not. */
function placeOf(newest: readonly Heard[], age: number, stem: number): number {
  const at = age < 0 ? stem : age;
  if (at < 0) return 0;
  const role = Math.max(0, ROLES.indexOf(newest[at]!.role));
  return 1 + (age < 0 ? 30 : 0) + role * AGES + Math.min(AGES - 1, at);
}

/** Words of field names that say nothing of what they are about. */
const PLAIN = new Set(
  'has have is are was the a an of in on for to and or with number count id type kind value name'.split(' '),
);

function wordsOfField(path: readonly string[]): readonly string[] {
  const words = (path.at(-1) ?? '')
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}]+/u);
  return words.filter((word) => word.length > 2 && !PLAIN.has(word));
}

/** How a field is named: all of its words or some of them, by whom, and how long ago. */
function namedPlace(newest: readonly Heard[], words: readonly string[]): number {
  const counts = newest.map(({ role, said }) =>
    role === 'tool'
      ? 0
      : words.filter((word) => said.includes(word.length < STEM ? ` ${word} ` : ` ${word.slice(0, STEM)}`))
          .length,
  );
  const most = Math.max(0, ...counts);
  if (most === 0) return FIELD;
  const at = counts.indexOf(most);
  const role = Math.max(0, ROLES.indexOf(newest[at]!.role));
  return FIELD + 1 + (most < words.length ? 30 : 0) + role * AGES + Math.min(AGES - 1, at);
}
