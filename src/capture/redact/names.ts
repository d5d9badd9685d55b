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
  /** Group 1 is what may be a name. */
  readonly pattern: RegExp;
  /** strong: the position is enough. weak: a known first name has to lead. */
  readonly evidence: 'strong' | 'weak';
}

const CLOSING =
  '(?:(?:best|kind|warm|many|with|kindest|warmest)[ ])?(?:regards|wishes)|best|sincerely(?: yours)?|yours(?: (?:truly|sincerely|faithfully))?|thanks(?: (?:a lot|again|so much|in advance))?|thank you(?: (?:very much|so much|in advance))?|many thanks|cheers|love|take care|(?:mit )?(?:freundlichen|besten|lieben|vielen) gr(?:ü|ue)(?:ß|ss)en|(?:viele|liebe|beste|freundliche|herzliche|sch(?:ö|oe)ne) gr(?:ü|ue)(?:ß|ss)e|gru(?:ß|ss)|mfg|lg|vg|danke|vielen dank|cordialement|bien à vous|merci|saludos|un saludo|gracias|atentamente|cordiali saluti|grazie|groetjes|met vriendelijke groet';

const POSITIONS: readonly Position[] = [
  {
    // Dear Anna Schmidt,
    pattern: new RegExp(
      `\\b(?:[Dd]ear|DEAR|[Hh]i|[Hh]ello|[Hh]ey|[Hh]iya|[Hh]allo|[Ll]iebe[r]?|[Ss]ehr geehrte[r]?|[Bb]onjour|[Hh]ola|[Cc]iao|[Cc]her|[Cc]hère|[Ee]stimad[oa]|[Gg]ood (?:morning|afternoon|evening|day)|[Gg]uten (?:Tag|Morgen|Abend)|[Mm]oin|[Tt]hanks|[Tt]hank you),?[ ](?:(?:Mr|Mrs|Ms|Mx|Dr|Prof|Herr|Frau|Herrn)\\.?[ ])?(${WORDS})(?=[ ]?(?:[,!.:;–—-]|${LINE}|$))`,
      'dgu',
    ),
    evidence: 'strong',
  },
  {
    // Hi Anna can you …
    pattern: new RegExp(`\\b(?:dear|hi|hello|hey|hallo|liebe[r]?|hola|bonjour)[ ](${ANY_CASE})`, 'dgiu'),
    evidence: 'weak',
  },
  {
    // Mrs. Schmidt
    pattern: new RegExp(
      `\\b(?:Mr|Mrs|Ms|Mx|Dr|Prof|Herrn?|Frau|Mme|Señora?)(?:\\.[ ]?|[ ])(?:Dr\\.[ ])?(${WORDS})`,
      'dgu',
    ),
    evidence: 'strong',
  },
  {
    pattern: new RegExp(
      `(?:[Mm]y (?:full |first |last )?name(?:'s|’s| is)|[Mm]ein [Nn]ame ist|[Ii]ch hei(?:ß|ss)e|[Jj]e m'appelle|[Mm]e llamo|[Mm]i nombre es|[Mm]i chiamo)[ ]:?[ ]?(${WORDS})`,
      'dgu',
    ),
    evidence: 'strong',
  },
  {
    pattern: new RegExp(
      `\\b(?:my (?:full |first )?name(?:'s|’s| is)|name is|i am|i['’]m|this is|it['’]s|ich bin|ich heiße|je suis|je m'appelle|soy|me llamo|mein name ist|mi nombre es|sono|on behalf of|signed(?: by)?|written by|yours,?|addressed to|attn:?|for the attention of)[ ](${ANY_CASE})`,
      'dgiu',
    ),
    evidence: 'weak',
  },
  {
    // Best regards,\nAnna Schmidt
    pattern: new RegExp(
      `(?<=^|[\\n.!?]|\\\\n)[ \\t]*(?:${CLOSING.replace(/\b([a-z])/g, (letter) => `[${letter.toUpperCase()}${letter}]`)})[ ]?[,.!–—-]{0,2}[ \\t]*${LINE}(?:[ \\t]*${LINE})?(?=[ \\t]*[-–—]{0,2}[ ]?(${WORDS})[ ]?[.,]?[ \\t]*(?:${LINE}|["'\`]|$))`,
      'dgu',
    ),
    evidence: 'strong',
  },
  {
    // The same on one line, or in small letters.
    pattern: new RegExp(
      `(?<=^|[\\n.!?,]|\\\\n)[ \\t]*(?:${CLOSING})[ ]?[,.!–—-]{0,2}(?=(?:[ \\t]|${LINE}){1,4}[-–—]{0,2}[ ]?(${ANY_CASE})[ ]?[.,]?[ \\t]*(?:${LINE}|$))`,
      'dgiu',
    ),
    evidence: 'weak',
  },
  {
    // A last line of its own: — Anna
    pattern: new RegExp(`${LINE}[ \\t]*[-–—~]{1,3}[ ]?(${ANY_CASE})[ \\t]*$`, 'dgu'),
    evidence: 'weak',
  },
  {
    pattern: new RegExp(
      `\\b(?:full|first|last|given|family|middle|customer|client|passenger|contact|recipient|patient|guest|cardholder|account holder|sender|employee|applicant|maiden)[ _-]?(?:name|holder)["']?[ ]?(?::|=|[ ]is)[ ]?["']?(${ANY_CASE}(?:[ ]${WORD})?)`,
      'dgiu',
    ),
    evidence: 'strong',
  },
  {
    pattern: new RegExp(
      `\\b(?:surname|vorname|nachname|lastname|firstname|fullname|prénom|apellidos?)["']?[ ]?[:=][ ]?["']?(${ANY_CASE})`,
      'dgiu',
    ),
    evidence: 'strong',
  },
  {
    // From: Anna Schmidt <…>
    pattern: new RegExp(`\\b(?:From|To|Cc|Bcc|Reply-To|Von|An):[ ]?"?(${WORDS})"?[ ]?(?=<|\\[mailto)`, 'dgu'),
    evidence: 'strong',
  },
  {
    pattern: new RegExp(
      `(?<![\\p{L}_-])(?:name|from|to|customer|client|sender|recipient|contact|contact person|passenger|guest|patient|ship to|shipped to|bill to|billed to|signed|author|agent|employee|requester|kunde|kundin|absender|nom)["']?[ ]?[:=][ ]?["']?(${ANY_CASE}(?:[ ]${WORD})?)`,
      'dgiu',
    ),
    evidence: 'weak',
  },
];

interface NameSpan {
  readonly start: number;
  readonly name: string;
}

function nameSpans(text: string): NameSpan[] {
  const found: NameSpan[] = [];
  for (const { pattern, evidence } of POSITIONS) {
    for (const match of text.matchAll(pattern)) {
      const name = trimName(match[1] ?? '', evidence);
      const start = match.indices?.[1]?.[0];
      if (name !== null && start !== undefined) found.push({ start, name });
    }
  }
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
    if (NOT_NAMES.has(lower)) {
      // "Hi Customer" is no name at all; "Anna And" ends at Anna.
      if (kept.length === 0) return null;
      break;
    }
    // In small letters only a known name is one, or what follows it ("anna schmidt" on a label).
    const small = word === word.toLowerCase() && !PARTICLES.has(lower);
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
  const present = [...new Set(names.flatMap(spellings))].filter((one) => text.includes(one));
  if (present.length === 0) return found;
  // Longest first, so that a whole name comes before its words. An escape (\n) may stand right before a name.
  present.sort((a, b) => b.length - a.length);
  const any = present.map((one) => one.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}_])(?:${any})(?![\\p{L}\\p{N}_])`, 'gu');
  for (const match of text.matchAll(pattern)) add(match.index, match[0]);
  if (text.includes('\\')) {
    const escaped = new RegExp(`(?<=\\\\[nrt])(?:${any})(?![\\p{L}\\p{N}_])`, 'gu');
    for (const match of text.matchAll(escaped)) add(match.index, match[0]);
  }
  return found;
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
