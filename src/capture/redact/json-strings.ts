/**
 * Walks the values of a JSON text without rewriting it: white space, key order and number formats stay, only the
 * strings that `map` changes are written anew. A string that is itself JSON is walked in turn.
 */

/** Beyond this nesting of JSON inside JSON strings, a string is a plain text. */
const MAX_DEPTH = 4;

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
  for (let at = 0; at < text.length; ) {
    const char = text[at] ?? '';
    if (char === '"') {
      const end = stringEnd(text, at);
      const literal = text.slice(at, end);
      const next = nextCharacter(text, end);
      const value = JSON.parse(literal) as string;
      if (next === ':') {
        label = value.length <= 64 ? value : '';
      } else {
        const made = (depth < MAX_DEPTH ? mapJsonStrings(value, map, depth + 1) : null) ?? map(value, label);
        if (made !== value) {
          out += text.slice(kept, at) + JSON.stringify(made);
          kept = end;
        }
      }
      at = end;
    } else if ((char >= '0' && char <= '9') || char === '-') {
      const number = /[\d.eE+-]+/y;
      number.lastIndex = at;
      const literal = number.exec(text)?.[0] ?? char;
      if (/^[1-9]\d{6,18}$/.test(literal)) {
        const made = map(literal, label);
        if (/^[1-9]\d*$/.test(made) && made.length === literal.length) {
          out += text.slice(kept, at) + made;
          kept = at + literal.length;
        }
      }
      at += literal.length;
    } else {
      if (char === '{' || char === '}') label = '';
      at++;
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
