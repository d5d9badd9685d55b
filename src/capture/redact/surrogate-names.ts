/**
 * Surrogates of names: made-up names that nobody is likely to have, so that a surrogate is known as one and is not
 * replaced again. Each word of a name has its own, so "Anna Schmidt" and "Anna" stay the same person.
 */
import { drawFor } from './draw.ts';
import { FIRST_NAMES } from './name-lists.ts';

const product = (starts: string, ends: string): readonly string[] =>
  starts.split(' ').flatMap((start) => ends.split(' ').map((end) => start + end));

const FIRST = product(
  'Al Ber Cal Dar El Fen Gar Hal Jar Kel Lor Mal Nor Per Quin Ros Sel Tam Ver Wil Yar Zel Bran Cor',
  'aveth orin isel undra emar onwe evick amira orys elian issa oveth enna urik aleth ynor',
);
const LAST = product(
  'Brant Corv Dres Elm Falk Grav Holt Jorv Kest Lund Mord Nesk Osk Prend Quar Rusk Stav Thorn Ulv Varn Welk Yost Zand Birk',
  'ovar enwick askell orley undby igard amore ellan ovitt essing aldin urst emoor inster adale orand eveld ashaw ingham oster umley erin avik olund',
);
const MADE: ReadonlySet<string> = new Set([...FIRST, ...LAST].map((name) => name.toLowerCase()));

/** Whether the word is one of ours. */
export function isSurrogateName(word: string): boolean {
  return MADE.has(word.toLowerCase());
}

/** Another name for one word of a name, written as the word is: Anna, ANNA or anna. Ours stay as they are. */
export function nameSurrogate(word: string, key: Uint8Array): string {
  if (isSurrogateName(word)) return word;
  const subject = word.normalize('NFC').toLowerCase();
  const pool = FIRST_NAMES.has(subject) ? FIRST : LAST;
  const made = pool[drawFor(key, 'name', subject).below(pool.length)] ?? '';
  if (word === word.toLowerCase()) return made.toLowerCase();
  return word.length > 1 && word === word.toUpperCase() ? made.toUpperCase() : made;
}
