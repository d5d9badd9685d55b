/**
 * Surrogates of names: made-up names that nobody is likely to have. Each word of a name has its own, so "Anna Schmidt"
 * and "Anna" stay the same person.
 *
 * A made-up name is a stem and an ending. The stem is one of 96·10·82·10·82·10 ≈ 6.5e8 (2^29.3), drawn by the key: among
 * n words that are replaced, n²/2^30.3 pairs are expected to share a surrogate (0.02 among 5,000, 8 among 100,000). The
 * ending is one of 32, and a hash of the stem says which: by that a name of ours is known as such and never replaced
 * again, while one real name in thousands is taken for one of ours.
 */
import { drawFor } from './draw.ts';
import { wordHash } from './letters.ts';
import { isFirstName } from './name-lists.ts';

const list = (text: string): readonly string[] => text.trim().split(/\s+/);

const ONSETS = list(`
  b bl br c ch cl cr d dr dw f fl fr g gl gr h j k kl kn kr l m n p pl pr qu r s sc sh sk sl sm sn sp st str sw t th tr
  tw v w wh y z zw al el il ol ul ar er ir or ur an en in on un as es is os us am em im om um av ev iv ov ad ed id od
  at et it ot ag eg ig og ab eb ib ob`);
const VOWELS = list('a e i o u ae ei ia ou y');
const MIDDLES = list(`
  b d f g k l m n p r s t v z bl br dd dr ff fr gg gl gr ld lf lg lk ll lm ln lp ls lt lv mb mm mp mr nd nf ng nk nn
  nr ns nt nv nz pp pr rb rc rd rf rg rk rl rm rn rp rr rs rt rv sk sl sm sp ss st str sv th tr tt vr zz ndr rst ltr
  ck sh`);
const FIRST_ENDINGS = list(`
  n na ra la ne s th l lle m r ria nia lia da mel ta sa ssa va lin ric mir den las ren vin nor dra sel tha lo`);
const LAST_ENDINGS = list(`
  n nd rd rt s st sk ng nt ll rn ld rk lt mm ss ck ff gg lm rth nsk rst ndt lsk nz rz tz ngs lds rds mond`);

const pick = (from: readonly string[], n: number): string => from[n % from.length] ?? '';
const STEM = new RegExp(
  `^(?:${ONSETS.join('|')})(?:${VOWELS.join('|')})(?:${MIDDLES.join('|')})(?:${VOWELS.join('|')})(?:${MIDDLES.join('|')})(?:${VOWELS.join('|')})$`,
);

const endingOf = (stem: string, endings: readonly string[]): string =>
  pick(endings, (Math.imul(wordHash(stem), 0x9e3779b1) >>> 11) % 32);

const MIN_LENGTH = 7;
const MAX_LENGTH = 22;

/** Whether the word is one of ours. */
export function isSurrogateName(word: string): boolean {
  if (word.length < MIN_LENGTH || word.length > MAX_LENGTH) return false;
  const lower = word.toLowerCase();
  return isOurs(lower, FIRST_ENDINGS) || isOurs(lower, LAST_ENDINGS);
}

function isOurs(word: string, endings: readonly string[]): boolean {
  for (const ending of endings) {
    if (!word.endsWith(ending)) continue;
    const stem = word.slice(0, -ending.length);
    if (endingOf(stem, endings) === ending && STEM.test(stem)) return true;
  }
  return false;
}

/** Another name for one word of a name, written as the word is: Anna, ANNA or anna. Ours stay as they are. */
export function nameSurrogate(word: string, key: Uint8Array): string {
  if (isSurrogateName(word)) return word;
  const subject = word.normalize('NFC').toLowerCase();
  const draw = drawFor(key, 'name', subject);
  const endings = isFirstName(subject) ? FIRST_ENDINGS : LAST_ENDINGS;
  let stem = '';
  for (const pieces of [ONSETS, VOWELS, MIDDLES, VOWELS, MIDDLES, VOWELS]) {
    stem += pieces[draw.below(pieces.length)];
  }
  const made = stem + endingOf(stem, endings);
  if (word === word.toLowerCase() && word !== word.toUpperCase()) return made;
  if (word.length > 1 && word === word.toUpperCase() && word !== word.toLowerCase())
    return made.toUpperCase();
  return made.slice(0, 1).toUpperCase() + made.slice(1);
}

/** A whole name with each of its words replaced; particles, initials and titles stay. */
export function fullSurrogate(name: string, key: Uint8Array): string {
  return name.replace(/[\p{L}\p{M}'’]+/gu, (word, at: number) =>
    KEPT.has(word.toLowerCase()) || (word.length === 1 && name[at + 1] === '.')
      ? word
      : nameSurrogate(word, key),
  );
}

/** Words inside names that are nobody's own. */
const KEPT: ReadonlySet<string> = new Set(
  list(
    'van von de der den del da di la le du des dos das bin ibn al el ter ten zu zum zur af y e mr mrs ms mx dr prof herr herrn frau mme mlle sr sra señor señora signor signora dhr mevr jr ii iii iv phd md',
  ),
);
