/**
 * When two texts say the same without a judge: they differ in Unicode form, outer white space, line endings, or in how JSON
 * is laid out where a format says that JSON stands: in a ```json fence, alone within an XML tag (<tool_call>…</tool_call>),
 * after `Action Input:`. So a tool call that is written as text is compared as one. Any other difference could matter.
 * Does not: judge texts that differ otherwise (evaluate/scorers).
 */
import { exactKey, parseExact } from './exact-json.ts';

/** Longer texts are compared as they are. */
const MAX_LENGTH = 100_000;

/** Each has a stretch of JSON as its second group; all are linear in the text. */
const FORMATS: readonly RegExp[] = [
  /(^```json[^\S\n]*\n)([^`]+)(?=\n[^\S\n]*```[^\S\n]*$)/gm,
  /(<[A-Za-z_][\w.-]{0,63}>)([^<>]+)(?=<\/)/g,
  /(^(?:Action Input|Arguments|Parameters):)([^\n]+(?:\n(?!\w[\w ]{0,30}:)[^\n]*)*)/gm,
];

/** Equal for texts that say the same. */
export function textKey(text: string): string {
  const plain = text.replace(/\r\n?/g, '\n').trim().normalize('NFC');
  if (plain.length > MAX_LENGTH) return plain;
  return FORMATS.reduce(
    (out, format) =>
      out.replace(format, (whole, before: string, json: string) => {
        const value = /^\s*[{[]/.test(json) ? parseExact(json) : undefined;
        return value === undefined ? whole : `${before}\n${exactKey(value)}\n`;
      }),
    plain,
  );
}
