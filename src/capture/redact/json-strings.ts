/**
 * Walks the values of a JSON text without rewriting it: white space, key order and number formats stay, only the
 * strings that `map` changes are written anew. A string that is itself JSON is walked in turn.
 */

/** Beyond this nesting of JSON inside JSON strings, a string is a plain text. */
const MAX_DEPTH = 4;

/** What matters between strings: their beginnings, braces, numbers. */
const TOKEN = /["{}]|[\d.eE+-]+/g;

/**
 * The text with its string values (and numbers long enough to be a card) mapped; null where it is not JSON with an
 * object or a list at its top.
 * @param map Is given the value and the key it stands under ('' where none); keys are not mapped.
 */
export function mapJsonStrings(
  text: string,
  map: (value: string, label: string) => string,
  depth = 0,
): string | null {
  if (!looksLikeJson(text)) return null;
  let out = '';
  let kept = 0;
  let label = '';
  for (let at = 0; ; ) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text);
    if (token === null) break;
    const literal = token[0];
    if (literal === '"') {
      const end = stringEnd(text, token.index);
      const content = text.slice(token.index + 1, end - 1);
      const value = content.includes('\\') ? (JSON.parse(`"${content}"`) as string) : content;
      at = end;
      if (nextCharacter(text, end) === ':') {
        label = value.length <= 64 ? value : '';
        continue;
      }
      const made = (depth < MAX_DEPTH ? mapJsonStrings(value, map, depth + 1) : null) ?? map(value, label);
      if (made === value) continue;
      out += text.slice(kept, token.index) + JSON.stringify(made);
      kept = end;
      continue;
    }
    at = token.index + literal.length;
    if (literal === '{' || literal === '}') label = '';
    else if (/^[1-9]\d{6,18}$/.test(literal)) {
      const made = map(literal, label);
      if (made === literal || made.length !== literal.length || !/^[1-9]\d*$/.test(made)) continue;
      out += text.slice(kept, token.index) + made;
      kept = at;
    }
  }
  return out + text.slice(kept);
}

function looksLikeJson(text: string): boolean {
  const first = nextCharacter(text, 0);
  if (first !== '{' && first !== '[') return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The index after the closing quote of the string that opens at `start`; the text is known to be valid. */
function stringEnd(text: string, start: number): number {
  for (let at = start + 1; ; ) {
    const quote = text.indexOf('"', at);
    if (quote === -1) return text.length;
    let slashes = 0;
    while (text[quote - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}

function nextCharacter(text: string, from: number): string {
  for (let at = from; at < text.length; at++) {
    const char = text[at] ?? '';
    if (char !== ' ' && char !== '\n' && char !== '\r' && char !== '\t') return char;
  }
  return '';
}
