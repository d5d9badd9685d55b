/** Values that the words before them announce; which words and which values is in announced.ts. */
import { ANNOUNCED, type Announcement } from './announced.ts';
import { CUE } from './cues.ts';
import { drawFor, drawLike } from './draw.ts';
import type { Match, Recogniser } from './match.ts';
import { nameSurrogate } from './surrogate-names.ts';

const NOUN = '(?:numbers?|num|no|nr|n|nummer|id|code|card|document|numéro|numero|número|n[°º]|#)';
/** What may stand between an announcement and its value. Bounded. */
const FILLER = `(?:[ _-]{0,2}${NOUN}(?![\\p{L}])[.:]?){0,3}["'*\`)\\]]{0,3}(?:\\s{0,3}(?::|=|#|–|-|is|was|ist|lautet|est|es|è|é|are|\\|)(?![\\p{L}])){0,2}\\s{0,3}["'*\`(\\[]{0,3}`;

interface Row extends Announcement {
  readonly pattern: RegExp;
}

const ROWS = new Map<string, Row[]>();
for (const row of ANNOUNCED) {
  const pattern = new RegExp(`${row.after ?? ''}${FILLER}(${row.value})(?![\\p{L}\\p{N}_])`, 'iuy');
  for (const word of row.begins.split(' ')) ROWS.set(word, [...(ROWS.get(word) ?? []), { ...row, pattern }]);
}

const DATE = /^(?:\d{4}[-/. ]\d{1,2}[-/. ]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})$/;

/** Surrogates of social security and of national insurance numbers; see national-numbers.ts and letter-ids.ts. */
const OURS = /^9\d\d[-. ]?0\d[-. ]?\d{4}$|^Q[A-Z] ?\d\d ?\d\d ?\d\d ?[A-D]$/;

/** Words that stand where a user name does, and are none. */
const NOT_HANDLES =
  /^(?:string|str|text|null|none|undefined|true|false|required|optional|email|e-mail|and|or|the|your|you|not|never|must|already|taken|invalid|unknown|case|incorrect|wrong|missing|too|admin|root|user|username|password|name|value|public|guest|here|available|shown|data|self|this|req\b.*|process\b.*|os\b.*|config\b.*|env\b.*)$/i;

/** Whether no word that a form, a message or code has in the place of a user name. */
export const isHandle = (handle: string): boolean => !NOT_HANDLES.test(handle);

export const findAnnounced: Recogniser = (scan) => {
  const found: Match[] = [];
  const { text } = scan;
  for (const { start, end, cue } of scan.cues) {
    if ((cue.families & CUE.announced) === 0) continue;
    for (const { pattern, kind, digits, capitals } of ROWS.get(cue.word) ?? []) {
      if (capitals && text.slice(start, end) !== text.slice(start, end).toUpperCase()) continue;
      const match = scan.at(pattern, end);
      if (match === null) continue;
      const value = trimmed(match[1] ?? '');
      const from = match.index + match[0].length - (match[1] ?? '').length;
      // ABC123 is one word, in which nothing is announced.
      if (from === end || value.replace(/\D/g, '').length < digits) continue;
      if (kind !== 'account' && DATE.test(value)) continue;
      if (kind === 'national-id' && OURS.test(value)) continue;
      if (kind === 'licence-plate' && (!/\p{L}/u.test(value) || value.length < 5)) continue;
      if (kind !== 'username' && kind !== 'address' && kind !== 'licence-plate' && value.length < 5) continue;
      if (kind === 'username') {
        const handle = value.replace(/^@/, '');
        // "The username is given": a word after "is" needs the look of a handle.
        if (
          !/[:=@"'`]/.test(text.slice(end, from + 1)) &&
          !/[\d_]/.test(handle) &&
          !/^ from /.test(text.slice(from + value.length, from + value.length + 6))
        )
          continue;
        if (NOT_HANDLES.test(handle) || /^[({.[]/.test(text.slice(from + value.length))) continue;
        const at = from + value.length - handle.length;
        found.push({ start: at, end: at + handle.length, kind, make: (key) => handleSurrogate(handle, key) });
      } else {
        found.push({
          start: from,
          end: from + value.length,
          kind,
          make: (key) => drawLike(drawFor(key, kind, value), value),
        });
      }
      break;
    }
  }
  return found;
};

const trimmed = (value: string): string => value.replace(/[ .\-/]+$/, '');

/** Another handle of the same look: its words as names have them, its digits drawn, and some more to tell it apart. */
export function handleSurrogate(handle: string, key: Uint8Array): string {
  const draw = drawFor(key, 'username', handle.toLowerCase());
  return handle.replace(/\p{L}+|\p{N}+/gu, (piece) =>
    /^\p{N}/u.test(piece) ? drawLike(draw, piece) : nameSurrogate(piece, key),
  );
}
