/**
 * Names of people in obvious positions: greetings, signatures, introductions, titles, labels. A name found once is
 * replaced everywhere in the texts that belong together.
 * Does not: find names in running prose; that takes a model, and costs clean documents their words.
 */
import type { Match } from './match.ts';
import { FIRST_NAMES, NOT_NAMES, WORDS_TOO } from './name-lists.ts';
import { isSurrogateName, nameSurrogate } from './surrogate-names.ts';

/** One word of a name; in running text its first letter is a capital. */
const WORD = "\\p{Lu}[\\p{L}'’-]{1,24}";
const WORDS = `${WORD}(?:[ ]${WORD}|[ ]\\p{Lu}\\.|[ ](?:van|von|de|der|den|del|da|di|la|bin|el)(?=[ ])){0,3}`;
const ANY_CASE = "\\p{L}[\\p{L}'’-]{1,24}(?:[ ]\\p{L}[\\p{L}'’-]{1,24})?";
/** A line end, also as it is written inside JSON text. */
const LINE = '(?:\\r?\\n|\\\\n)';

interface Position {
  /** The first words that the pattern can begin with, as far as they are ASCII; see TRIGGER. */
  readonly begins: string;
  /** Group 1 is what may be a name. Sticky: tried only where one of its first words stands. */
  readonly pattern: RegExp;
  /** strong: the position is enough. weak: a known first name has to lead. */
  readonly evidence: 'strong' | 'weak';
}

const AT_START = `(?<=(?:^|[\\n.!?"“]|\\\\n)[ \\t]*)`;
const CLOSING =
  '(?:(?:best|kind|warm|many|with|kindest|warmest)[ ])?(?:regards|wishes)|best|sincerely(?: yours)?|yours(?: (?:truly|sincerely|faithfully))?|thanks(?: (?:a lot|again|so much|in advance))?|thank you(?: (?:very much|so much|in advance))?|many thanks|cheers|love|take care|(?:mit )?(?:freundlichen|besten|lieben|vielen) gr(?:ü|ue)(?:ß|ss)en|(?:viele|liebe|beste|freundliche|herzliche|sch(?:ö|oe)ne) gr(?:ü|ue)(?:ß|ss)e|gru(?:ß|ss)|mfg|lg|vg|danke|vielen dank|cordialement|bien à vous|merci|saludos|un saludo|gracias|atentamente|cordiali saluti|grazie|groetjes|met vriendelijke groet';
const CLOSING_BEGINS =
  'best kind warm many with kindest warmest regards wishes sincerely yours thanks thank cheers love take mit freundlichen besten lieben vielen viele liebe beste freundliche herzliche sch schoene gru gruss mfg lg vg danke cordialement bien merci saludos un gracias atentamente cordiali grazie groetjes met';
/** Both cases of first letters, for patterns in which capitals matter. */
const eitherCase = (source: string): string =>
  source.replace(/(?<![\p{L}\\])\p{Ll}/gu, (letter) => `[${letter.toUpperCase()}${letter}]`);

const POSITIONS: readonly Position[] = [
  {
    // Dear Anna Schmidt,
    begins:
      'dear hi hello hey hiya hallo liebe lieber sehr bonjour hola ciao cher ch estimado estimada good guten moin thanks thank',
    pattern: new RegExp(
      `(?:DEAR|HI|HELLO|${eitherCase('dear|hi|hello|hey|hiya|hallo|lieber?|sehr geehrter?|bonjour|hola|ciao|cher|chère|estimado|estimada|good (?:morning|afternoon|evening|day)|guten (?:tag|morgen|abend)|moin|thanks|thank you')}),?[ ](?:(?:Mr|Mrs|Ms|Mx|Dr|Prof|Herrn?|Frau)\\.?[ ])?(${WORDS})(?=[ ]?(?:[,!.:;–—-]|${LINE}|$))`,
      'dyu',
    ),
    evidence: 'strong',
  },
  {
    // Hi Anna can you …
    begins: 'dear hi hello hey hallo liebe lieber hola bonjour',
    pattern: new RegExp(`(?:dear|hi|hello|hey|hallo|lieber?|hola|bonjour)[ ](${ANY_CASE})`, 'diyu'),
    evidence: 'weak',
  },
  {
    // Mrs. Schmidt
    begins: 'mr mrs ms mx dr prof herr herrn frau mme se',
    pattern: new RegExp(
      `(?:Mr|Mrs|Ms|Mx|Dr|Prof|Herrn?|Frau|Mme|Señora?)(?:\\.[ ]?|[ ])(?:Dr\\.[ ])?(${WORDS})`,
      'dyu',
    ),
    evidence: 'strong',
  },
  {
    begins: 'my mein ich je me mi',
    pattern: new RegExp(
      `(?:[Mm]y (?:full |first |last )?name(?:['’]s| is)|[Mm]ein [Nn]ame ist|[Ii]ch hei(?:ß|ss)e|[Jj]e m['’]appelle|[Mm]e llamo|[Mm]i nombre es|[Mm]i chiamo)[ ]?:?[ ](${WORDS})`,
      'dyu',
    ),
    evidence: 'strong',
  },
  {
    begins: 'my name i this it ich je soy me mein mi sono on signed written yours addressed attn for',
    pattern: new RegExp(
      `(?:my (?:full |first )?name(?:['’]s| is)|name is|i am|i['’]m|this is|it['’]s|ich bin|ich hei(?:ß|ss)e|je suis|je m['’]appelle|soy|me llamo|mein name ist|mi nombre es|sono|on behalf of|signed(?: by)?|written by|yours,?|addressed to|attn:?|for the attention of)[ ](${ANY_CASE})`,
      'diyu',
    ),
    evidence: 'weak',
  },
  {
    // Best regards,\nAnna Schmidt
    begins: CLOSING_BEGINS,
    pattern: new RegExp(
      `${AT_START}(?:${eitherCase(CLOSING)})[ ]?[,.!–—-]{0,2}[ \\t]*${LINE}(?:[ \\t]*${LINE})?[ \\t]*[-–—]{0,2}[ ]?(${WORDS})[ ]?[.,]?[ \\t]*(?=${LINE}|["'\`\\\\]|$)`,
      'dyu',
    ),
    evidence: 'strong',
  },
  {
    // The same on one line, or in small letters.
    begins: CLOSING_BEGINS,
    pattern: new RegExp(
      `(?<=^|[\\s.!?,]|\\\\n)(?:${CLOSING})[ ]?[,.!–—-]{0,2}(?:[ \\t]|${LINE}){1,4}[-–—]{0,2}[ ]?(${ANY_CASE})[ ]?[.,]?[ \\t]*(?=${LINE}|$)`,
      'diyu',
    ),
    evidence: 'weak',
  },
  {
    begins:
      'full first last given family middle customer client passenger contact recipient patient guest cardholder account sender employee applicant maiden',
    pattern: new RegExp(
      `(?:full|first|last|given|family|middle|customer|client|passenger|contact|recipient|patient|guest|cardholder|account holder|sender|employee|applicant|maiden)[ _-]?(?:name|holder)["']?[ ]?(?::|=|is\\b)[ ]?["']?(${ANY_CASE}(?:[ ]${WORD})?)`,
      'diyu',
    ),
    evidence: 'strong',
  },
  {
    begins: 'surname vorname nachname lastname firstname fullname pr apellido apellidos',
    pattern: new RegExp(
      `(?:surname|vorname|nachname|lastname|firstname|fullname|prénom|apellidos?)["']?[ ]?[:=][ ]?["']?(${ANY_CASE})`,
      'diyu',
    ),
    evidence: 'strong',
  },
  {
    // From: Anna Schmidt <…>
    begins: 'from to cc bcc reply von an',
    pattern: new RegExp(`(?:From|To|Cc|Bcc|Reply-To|Von|An):[ ]?"?(${WORDS})"?[ ]?(?=<|\\[mailto)`, 'dyu'),
    evidence: 'strong',
  },
  {
    begins:
      'name from to customer client sender recipient contact passenger guest patient ship shipped bill billed signed author agent employee requester kunde kundin absender nom',
    pattern: new RegExp(
      `(?<![_-])(?:name|from|to|customer|client|sender|recipient|contact(?: person)?|passenger|guest|patient|ship to|shipped to|bill to|billed to|signed|author|agent|employee|requester|kunde|kundin|absender|nom)["']?[ ]?[:=][ ]?["']?(${ANY_CASE}(?:[ ]${WORD})?)`,
      'diyu',
    ),
    evidence: 'weak',
  },
];

const BY_FIRST_WORD = new Map<string, Position[]>();
for (const position of POSITIONS) {
  for (const word of position.begins.split(' ')) {
    BY_FIRST_WORD.set(word, [...(BY_FIRST_WORD.get(word) ?? []), position]);
  }
}

/** One fast pass finds where any of the patterns may begin; a letter beyond ASCII ends a word here. */
const TRIGGER = new RegExp(`(?<![A-Za-z0-9])(?:${[...BY_FIRST_WORD.keys()].join('|')})(?![A-Za-z0-9])`, 'gi');
/** An escaped line end hides the beginning of the word after it. */
const ESCAPED_TRIGGER = new RegExp(
  `(?<=\\\\n)(?:${[...BY_FIRST_WORD.keys()].join('|')})(?![A-Za-z0-9])`,
  'gi',
);

/** Near the end, a line of its own: after a dash (— Anna), or after a short line with a comma (a misspelt closing). */
const ENDINGS: readonly RegExp[] = [
  new RegExp(`${LINE}[ \\t]*[-–—~]{1,3}[ ]?(${ANY_CASE})[ \\t]*$`, 'du'),
  new RegExp(`${LINE}[^\\n.!?:,\\\\]{2,24},[ \\t]*${LINE}[ \\t]*(${ANY_CASE})[ \\t]*(?=${LINE}|$)`, 'du'),
];

interface NameSpan {
  readonly start: number;
  readonly name: string;
}

function nameSpans(text: string): NameSpan[] {
  const found: NameSpan[] = [];
  const take = (match: RegExpExecArray | null, evidence: Position['evidence'], offset = 0): void => {
    const name = match ? trimName(match[1] ?? '', evidence) : null;
    const start = match?.indices?.[1]?.[0];
    if (name !== null && start !== undefined) found.push({ start: start + offset, name });
  };
  for (const trigger of text.includes('\\n') ? [TRIGGER, ESCAPED_TRIGGER] : [TRIGGER]) {
    for (const { 0: word, index } of text.matchAll(trigger)) {
      for (const { pattern, evidence } of BY_FIRST_WORD.get(word.toLowerCase()) ?? []) {
        pattern.lastIndex = index;
        take(pattern.exec(text), evidence);
      }
    }
  }
  const tail = Math.max(0, text.length - 160);
  for (const ending of ENDINGS) take(ending.exec(text.slice(tail)), 'weak', tail);
  return found;
}

/** The names found in obvious positions of a text, as written, each once. */
export function namesIn(text: string): string[] {
  return [...new Set(nameSpans(text).map(({ name }) => name))];
}

/** The words that make up a name, or null where it is none. */
function trimName(candidate: string, evidence: Position['evidence']): string | null {
  const all = candidate
    .replace(/['’-]+$/, '')
    .split(' ')
    .filter((word) => word !== '');
  const kept: string[] = [];
  for (const word of all) {
    const lower = word.toLowerCase().replace(/['’]s$/, '');
    const particle = kept.length > 0 && word === lower && PARTICLES.has(lower);
    if (NOT_NAMES.has(lower) && !particle) {
      // "Hi Customer" is no name at all; "Anna And" ends at Anna.
      if (kept.length === 0) return null;
      break;
    }
    // In small letters only a known name is one, or what follows it ("anna schmidt" on a label).
    const small = word === word.toLowerCase() && !particle;
    if (small && !FIRST_NAMES.has(lower)) break;
    if (small && WORDS_TOO.has(lower)) break;
    kept.push(word);
  }
  while (kept.length > 0 && PARTICLES.has((kept.at(-1) ?? '').toLowerCase())) kept.pop();
  const first = kept[0];
  if (first === undefined) return null;
  if (kept.every((word) => isSurrogateName(word))) return null;
  if (evidence === 'weak' && !FIRST_NAMES.has(first.toLowerCase())) return null;
  // All capitals of two or three letters: an abbreviation.
  if (
    kept.length === 1 &&
    first === first.toUpperCase() &&
    first.length < 4 &&
    !FIRST_NAMES.has(first.toLowerCase())
  )
    return null;
  return kept.join(' ');
}

const PARTICLES: ReadonlySet<string> = new Set([
  'van',
  'von',
  'de',
  'der',
  'den',
  'del',
  'da',
  'di',
  'la',
  'bin',
  'el',
]);

/**
 * Replaces the names: whole names wherever they stand, each of their words on its own too, but a word that has a
 * common meaning ("Grace", "Will") only in an obvious position.
 */
export function findNames(text: string, names: readonly string[], key: Uint8Array): Match[] {
  const found: Match[] = [];
  const add = (start: number, name: string): void => {
    found.push({ start, end: start + name.length, surrogate: fullSurrogate(name, key) });
  };
  if (names.some((name) => isWordToo(name) && text.includes(name))) {
    for (const { start, name } of nameSpans(text)) add(start, name);
  }
  for (const written of new Set(names.flatMap(spellings))) {
    for (let at = text.indexOf(written); at !== -1; at = text.indexOf(written, at + written.length)) {
      if (isWordStart(text, at) && !WORD_CHARACTER.test(text[at + written.length] ?? '')) add(at, written);
    }
  }
  return found;
}

const WORD_CHARACTER = /[\p{L}\p{N}_]/u;

/** Nothing of a word stands before; the letter of an escape (\n) is not of a word. */
function isWordStart(text: string, at: number): boolean {
  const before = text[at - 1] ?? '';
  return !WORD_CHARACTER.test(before) || (/[nrt]/.test(before) && text[at - 2] === '\\');
}

/** The ways in which a name that was found may be written elsewhere: as it was, in capitals, by one of its words. */
function spellings(name: string): string[] {
  const ways: string[] = [];
  if (!isWordToo(name)) ways.push(name, name.toUpperCase());
  for (const word of name.split(' ')) {
    if (word.length < 3 || PARTICLES.has(word.toLowerCase()) || isWordToo(word)) continue;
    const written = word.slice(0, 1).toUpperCase() + word.slice(1);
    ways.push(written, written.toUpperCase());
    if (FIRST_NAMES.has(word.toLowerCase())) ways.push(written.slice(0, 1) + written.slice(1).toLowerCase());
  }
  return ways;
}

function isWordToo(name: string): boolean {
  const lower = name.toLowerCase();
  return WORDS_TOO.has(lower) || NOT_NAMES.has(lower);
}

function fullSurrogate(name: string, key: Uint8Array): string {
  return name
    .split(' ')
    .map((word) => (PARTICLES.has(word) || /^\p{Lu}\.$/u.test(word) ? word : nameSurrogate(word, key)))
    .join(' ');
}
