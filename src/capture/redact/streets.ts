/**
 * Street addresses by strong patterns: a number, a word for a street, and often a postal code with its town. Others are
 * left to the token classifier. The surrogate keeps numbers numbers and the words for streets, and makes up the rest.
 */
import { CUE } from './cues.ts';
import { drawFor } from './draw.ts';
import type { Match, Recogniser } from './match.ts';
import { cueBefore, endsHere, type Scan } from './scan.ts';
import { nameSurrogate } from './surrogate-names.ts';

const EN =
  'Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Drive|Dr|Lane|Ln|Court|Ct|Place|Pl|Square|Sq|Terrace|Ter|Parkway|Pkwy|Highway|Hwy|Crescent|Cres|Close|Way|Circle|Cir|Trail|Trl|Alley|Mews|Grove|Gardens|Row';
const UNIT = '(?:,? (?:Apt|Apartment|Unit|Suite|Ste|Flat|Floor|Fl|#)\\.? ?#?[A-Z0-9]{1,5})?';
const PROPER = "\\p{Lu}[\\p{L}'’-]{1,24}\\.?";
const UK = '[A-Z]{1,2}\\d[A-Z\\d]? \\d[A-Z]{2}';
/** ", Springfield, IL 62704", ", London NW1 6XE". */
const TOWN_EN = `(?:,? (?:${PROPER} ?){1,3},? (?:[A-Z]{2} \\d{5}(?:-\\d{4})?|${UK}))?`;
const AFTER_NUMBER = new RegExp(
  `\\d{1,5}[A-Za-z]?(?:-\\d{1,4})? (?:[NSEW]\\.? |North |South |East |West )?(?:${PROPER} |\\d{1,3}(?:st|nd|rd|th) ){1,3}(?:${EN})(?![\\p{L}])\\.?${UNIT}${TOWN_EN}`,
  'uy',
);
const FR = 'rue|avenue|av\\.|boulevard|bd|place|chemin|allée|impasse|quai|cours|route|square|passage';
const TOWN_CONTINENT = `(?:,? \\d{5} \\p{Lu}[\\p{L}'’-]{1,24}(?:[ -]\\p{Lu}[\\p{L}'’-]{1,24}){0,2})?`;
const FRENCH = new RegExp(
  `\\d{1,4}(?: ?(?:bis|ter|[a-d]))?,? (?i:${FR}) (?:(?:de l['’]|de |du |des |la |le |les |l['’]|d['’])){0,2}${PROPER}(?:[ -](?:de |du |la |des )?${PROPER}){0,3}${TOWN_CONTINENT}`,
  'uy',
);
/** Before the number: the street's name and kind, in one or several words. */
const ENDS_IN_STREET =
  /(?<![\p{L}\p{N}])(?:(?:\p{Lu}[\p{L}-]{1,24} ){0,2}\p{Lu}[\p{L}'’.-]{1,28}(?:straße|strasse|str\.|weg|gasse|allee|platz|ufer|damm|straat|laan|gracht|plein|kade|dreef|singel)|(?:\p{Lu}[\p{L}-]{1,24}[ -]){1,2}(?:Straße|Strasse|Str\.|Weg|Allee|Platz|Gasse|Ring|Damm|Ufer|Straat|Laan|Plein))[ ]$/u;
/** What must be there for either of the two to match. */
const STREET_WORD =
  /(?:stra(?:ß|ss)e|str\.|weg|gasse|allee|platz|ufer|damm|[ -]ring|straat|laan|gracht|plein|kade|dreef|singel) $/i;
const ROMANCE_WORD =
  /(?:calle|c\/|avenida|avda\.?|plaza|paseo|carrera|via|viale|piazza|corso|largo|vicolo|rua|travessa|praça|alameda|estrada) /i;
const ROMANCE_STREET =
  /(?<![\p{L}\p{N}])(?i:calle|c\/|avenida|avda\.?|plaza|paseo|carrera|via|viale|piazza|corso|largo|vicolo|rua|travessa|praça|alameda|estrada)[ ](?:(?:de|del|de la|de los|las|los|la|di|della|dei|do|da|dos|das|delle)[ ]){0,2}\p{Lu}[\p{L}'’-]{1,24}(?:[ ](?:(?:de|del|di|da|do|e|y)[ ])?\p{Lu}[\p{L}'’-]{1,24}){0,3}(?:,?[ ](?:n[º°.]?|nº|núm\.?|numero|número)?[ ]?)$/u;
const HOUSE =
  /\d{1,4}(?: ?[a-zA-Z](?![\p{L}\p{N}]))?(?:[-/]\d{1,4})?(?:,? ?(?:\d{1,2}º?[ªº]? ?[A-Z]?(?=,)))?(?:(?:,|\n| in)? ?(?:[A-Z]-)?(?:\d{4} [A-Z]{2}|\d{4}-\d{3}|\d{5}|\d{4}) \p{Lu}[\p{L}'’-]{1,24}(?:[ -](?:\p{Lu}[\p{L}'’-]{1,24}|am|an der|de|la|del)){0,3})?/uy;
/** The name of a street or a place of any kind, where a postal code with its town follows the number. */
const ANY_NAME =
  /(?<![\p{L}\p{N}])\p{Lu}[\p{L}'’.-]{1,24}(?: (?:(?:de|del|de la|la|di|do|da|dos|das|des|du|der|den|dem|am|an der|im|zum|zur|van|het) )?\p{Lu}[\p{L}'’.-]{1,24}){0,3},? $/u;
/** The same in small letters, where the words leave no doubt. */
const FRENCH_CHAT = new RegExp(
  `\\d{1,4}(?: (?:bis|ter))?,? (?i:${FR}) [\\p{L}'’-]{1,24}(?: [\\p{L}'’-]{1,24}){0,4}, \\d{5} [\\p{L}'’-]{2,24}`,
  'uy',
);
const HOUSE_ANY_CASE =
  /\d{1,4} ?[a-z]?(?:, [\p{L}\dº°ª. ]{1,12})?, (?:\d{4} [a-z]{2}|\d{4}-\d{3}|\d{4,5}) \p{L}[\p{L}'’-]{1,24}/iuy;
const TOWN = /[, \n](?:[A-Z]-)?(?:\d{4} [A-Z]{2}|\d{4}-\d{3}|\d{5}|\d{4}) \p{Lu}/u;
const BOX =
  /(?<![\p{L}\p{N}-])(?:P\.? ?O\.? ?Box|Postfach|Postbus|Apartado(?: de correos)?|Casella postale|Boîte postale|BP) $/iu;
/** A month or a common noun is no street: "12 May Road" is rare, "5 Main features Drive" is none. */
const NOT_STREET =
  /^\d+ (?:The|This|That|Your|My|Our|Hours?|Minutes?|Days?|Weeks?|Months?|Years?|New|Free|More) /;
/** "21 Jump Street" is a film, "221B Baker Street" a museum; these are few and known. Others that are none at all. */
const ORDINARY =
  /^\d+ (?:Google|Hard|Disk|Flash|Test|Usb|USB|One|Left|Right|Two|Three) (?:Drive|Way|Place|Row|Court|Close)/;

export const findStreets: Recogniser = (scan) => {
  const { text, numbers, mixed } = scan;
  const found: Match[] = [];
  let done = 0;
  const visit = (start: number): void => {
    if (start < done || /[\w.,$€£#/-]/.test(text[start - 1] ?? '')) return;
    const match = streetAt(scan, start);
    if (match === undefined) return;
    found.push(match);
    done = match.end;
  };
  for (let i = 0; i < numbers.length; i += 2)
    if ((numbers[i + 1] ?? 0) - (numbers[i] ?? 0) < 6) visit(numbers[i] ?? 0);
  done = 0;
  for (let i = 0; i < mixed.length; i += 2) {
    const code = text.charCodeAt(mixed[i] ?? 0);
    if (code >= 48 && code <= 57 && (mixed[i + 1] ?? 0) - (mixed[i] ?? 0) < 6) visit(mixed[i] ?? 0);
  }
  return found.sort((a, b) => a.start - b.start);
};

function streetAt(scan: Scan, start: number): Match | undefined {
  const { text } = scan;
  const after = scan.at(AFTER_NUMBER, start) ?? scan.at(FRENCH, start);
  if (after !== null && !NOT_STREET.test(after[0]) && !ORDINARY.test(after[0])) {
    const written = after[0].replace(/[ ,.-]+$/, '');
    // French patterns are tried in any case: the street's name has a capital.
    if (/\p{Lu}/u.test(written)) return streetMatch(start, written);
  }
  const chat = scan.at(FRENCH_CHAT, start);
  if (chat !== null) return streetMatch(start, chat[0]);
  // A street's name stands before its number, no further back than this.
  if (text[start - 1] !== ' ') return undefined;
  const window = text.slice(Math.max(0, start - 72), start);
  scan.steps += window.length;
  if (BOX.test(window)) {
    const number = scan.at(/\d{1,6}/y, start)?.[0] ?? '';
    return endsHere(text, start + number.length) ? streetMatch(start, number) : undefined;
  }
  const house = scan.at(HOUSE, start)?.[0] ?? '';
  const lead = STREET_WORD.test(window.slice(-14))
    ? ENDS_IN_STREET.exec(window)
    : ROMANCE_WORD.test(window)
      ? ROMANCE_STREET.exec(window)
      : null;
  const name = lead ?? (TOWN.test(house) ? ANY_NAME.exec(window) : null);
  if (name === null) return announcedAt(scan, start);
  if (!/\p{Lu}/u.test(name[0])) return undefined;
  if (!endsHere(text, start + house.length)) return undefined;
  const from = start - name[0].length;
  return streetMatch(from, text.slice(from, start + house.length));
}

/** What stands between "address" and its number, where a postal code and a town follow: written in any case. */
function announcedAt(scan: Scan, start: number): Match | undefined {
  const cue = cueBefore(scan, start, CUE.street, 64);
  if (cue === undefined) return undefined;
  const house = scan.at(HOUSE_ANY_CASE, start)?.[0] ?? '';
  const gap = scan.text.slice(cue.end, start);
  const lead = /^["'*\s]{0,4}(?::|=|is|ist|lautet|est|es|è|é)?\s{0,3}["'*]{0,2}/u.exec(gap)?.[0] ?? '';
  const name = gap.slice(lead.length);
  if (house === '' || !/^[\p{L}][\p{L} .,'’-]{2,60}$/u.test(name)) return undefined;
  const from = cue.end + lead.length;
  return streetMatch(from, scan.text.slice(from, start + house.length));
}

const streetMatch = (start: number, original: string): Match => ({
  start,
  end: start + original.length,
  kind: 'address',
  make: (key) => addressSurrogate(original, key),
});

/** Words of addresses that are nobody's: kinds of streets, directions, particles, countries' short forms. */
const KEPT = new RegExp(
  `^(?:${EN}|${FR}|calle|avenida|avda|plaza|paseo|carrera|via|viale|piazza|corso|largo|vicolo|rua|travessa|praça|alameda|estrada|straße|strasse|str|weg|gasse|allee|platz|ring|damm|ufer|straat|laan|plein|apt|apartment|unit|suite|ste|flat|floor|fl|po|box|postfach|postbus|north|south|east|west|n|s|e|w|de|la|le|les|du|des|del|di|da|do|dos|das|der|die|am|an|in|of|the|bis|ter|numero|número|house|building|block|room|usa|uk|us)$`,
  'iu',
);
const COMPOUND =
  /^(.{2,}?)(straße|strasse|str|weg|gasse|allee|platz|ufer|damm|ring|straat|laan|gracht|plein|kade|singel)$/iu;

/**
 * An address of the same build: digits drawn, names made up, words for streets as they were. A house number of one or two
 * digits stays: it says nothing without its street, and "2x Halden oak stool" looks like an address to a finder. A longer
 * number has one surrogate wherever it stands.
 */
export function addressSurrogate(original: string, key: Uint8Array): string {
  const draw = drawFor(key, 'address', original.toLowerCase());
  const hasWords = /\p{L}{2}/u.test(original);
  // In a text without capitals, they tell nothing.
  const plain = original === original.toLowerCase();
  return original.replace(/\p{L}[\p{L}\p{M}'’]*|\d+/gu, (piece, at: number) => {
    if (/^\d/.test(piece)) {
      if (hasWords && piece.length <= 2) return piece;
      const own = drawFor(key, 'address', piece);
      const first = piece[0] === '0' ? '0' : String(1 + own.below(9));
      return first + Array.from(piece.slice(1), () => own.digit()).join('');
    }
    const besideDigit = /\d/.test(original[at - 1] ?? '') || /\d/.test(original[at + piece.length] ?? '');
    if (besideDigit || (piece.length <= 2 && piece === piece.toUpperCase()))
      return /\d/.test(original) && piece === piece.toUpperCase() && besideDigit
        ? Array.from(piece, () => String.fromCharCode(65 + draw.below(26))).join('')
        : piece;
    if (KEPT.test(piece) || (piece === piece.toLowerCase() && !plain)) return piece;
    const compound = COMPOUND.exec(piece);
    if (compound !== null) return nameSurrogate(compound[1] ?? '', key) + (compound[2] ?? '');
    return nameSurrogate(piece, key);
  });
}
