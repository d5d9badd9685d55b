/**
 * How the options of a field are named in the input: whether the newest message, or an older one, says the value itself, and
 * who says it. What is learnt of one option holds for all: a value that is named is likely the one that is meant.
 * Does not: weigh (model.ts).
 */
import { parseJson } from '../../core/json.ts';
import { CALL, messagesOf } from './features.ts';

/** Places of the weights that all options share. */
export const MATCH_PLACES = 64;
const [ROLES, AGES] = [['user', 'assistant', 'tool', ''], 5];
/** Letters by which another form of a word is known: `comedies` for `Comedy`. */
const STEM = 5;

/** For each option the places of its features. */
export function matchFeatures(text: string, options: readonly string[]): readonly Uint32Array[] {
  const newest = messagesOf(text)
    .toReversed()
    .map(({ role, start, end }) => {
      const said = text.slice(start, end);
      // What a tool was called with, and what it found, is no word of theirs.
      const own = role === 'assistant' && said.search(CALL) >= 0 ? 'tool' : role;
      return { role: own, said: ` ${said.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ')} ` };
    });
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
  return found.map(({ age, stem }) => {
    if (age < 0 && stem < 0) return Uint32Array.of(0);
    const at = age < 0 ? stem : age;
    const role = Math.max(0, ROLES.indexOf(newest[at]!.role));
    const place = 1 + (age < 0 ? 30 : 0) + role * AGES + Math.min(AGES - 1, at);
    return age === latest ? Uint32Array.of(place, 62) : Uint32Array.of(place);
  });
}
