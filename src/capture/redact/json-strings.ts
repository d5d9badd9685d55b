/**
 * Walks the strings of a JSON text without rewriting it: white space, key order and number formats stay, only the
 * strings that `map` changes are written anew. A string that is itself JSON is walked in turn.
 */

/** Beyond this nesting of JSON inside JSON strings, a string is a plain text. */
const MAX_DEPTH = 4;

/** What matters between strings: their beginnings, braces, numbers. */
const TOKEN = /["{}]|[\d.eE+-]{1,400}/g;

/** Short numbers are looked at under these labels alone. */
const SHORT_NUMBER =
  /(?:^|[ _-])(?:age|alter|edad|idade|pin|cvv|cvc|zip|plz|postal|postcode)|(?:zip|postal)[ _-]?code|birth|[a-z]Age$/i;

export interface JsonString {
  /** Offsets of the content in the text, without its quotes. */
  readonly start: number;
  readonly end: number;
  /** With its escapes undone. */
  readonly value: string;
  /** The key that it stands under; '' for none, and for keys. */
  readonly label: string;
  readonly kind: 'value' | 'key' | 'number';
}

/**
 * Calls `visit` for the strings of a JSON text, keys included, and for numbers long enough to be somebody's, in order.
 * @returns false, before any call, where the text is not JSON with an object or a list at its top.
 */
export function walkJson(text: string, visit: (item: JsonString) => void): boolean {
  if (!looksLikeJson(text)) return false;
  let label = '';
  for (let at = 0; ; ) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text);
    if (token === null) return true;
    const literal = token[0];
    const start = token.index;
    at = start + literal.length;
    if (literal === '"') {
      at = stringEnd(text, start);
      const content = text.slice(start + 1, at - 1);
      const value = content.includes('\\') ? (JSON.parse(`"${content}"`) as string) : content;
      const place = { start: start + 1, end: at - 1, value };
      if (nextCharacter(text, at) === ':') {
        label = value.length <= 64 ? value : '';
        visit({ ...place, label: '', kind: 'key' });
      } else visit({ ...place, label, kind: 'value' });
      TOKEN.lastIndex = at;
    } else if (literal === '{' || literal === '}') label = '';
    else if (/^[1-9]\d{6,18}$/.test(literal) || (/^\d{2,6}$/.test(literal) && SHORT_NUMBER.test(label)))
      visit({ start, end: at, value: literal, label, kind: 'number' });
  }
}

/**
 * The text with its strings and long numbers mapped; null where it is not JSON with an object or a list at its top.
 * @param map Is given a string and the key it stands under ('' for none, and for keys).
 */
export function mapJsonStrings(
  text: string,
  map: (value: string, label: string) => string,
  depth = 0,
): string | null {
  let out = '';
  let kept = 0;
  const isJson = walkJson(text, ({ start, end, value, label, kind }) => {
    if (kind === 'number') {
      const made = map(value, label);
      if (made === value || made.length !== value.length || !/^[1-9]\d*$/.test(made)) return;
      out += text.slice(kept, start) + made;
    } else {
      const inner =
        kind === 'value' && depth < MAX_DEPTH && opensJson(value)
          ? mapJsonStrings(value, map, depth + 1)
          : null;
      const made = inner ?? map(value, label);
      if (made === value) return;
      out += text.slice(kept, start) + JSON.stringify(made).slice(1, -1);
    }
    kept = end;
  });
  return isJson ? out + text.slice(kept) : null;
}

/** `first_name` and `Mia` read as "first name: Mia". */
export function labelled(value: string, label: string): string {
  if (label === '') return value;
  return `${/[A-Z_]/.test(label) ? label.replace(/([a-z])([A-Z])/g, '$1 $2').replaceAll('_', ' ') : label}: ${value}`;
}

/**
 * Where each character of a string's value stands in the text that it was read from, as a function of its index.
 * @param content The string as written, without quotes, at `start` of that text.
 */
export function escapedPlaces(content: string, start: number): (index: number) => number {
  if (!content.includes('\\')) return (index) => start + index;
  const places: number[] = [];
  for (let at = 0; at < content.length; ) {
    places.push(start + at);
    if (content[at] !== '\\') at++;
    else at += content[at + 1] === 'u' ? 6 : 2;
  }
  places.push(start + content.length);
  return (index) => places[index] ?? start + content.length;
}

function opensJson(text: string): boolean {
  const first = nextCharacter(text, 0);
  return first === '{' || first === '[';
}

/** Whether a text ends as JSON does: one that only begins so would be parsed in vain. */
function closesJson(text: string): boolean {
  for (let at = text.length - 1; at >= 0; at--) {
    const code = text.charCodeAt(at);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return code === 0x7d || code === 0x5d;
  }
  return false;
}

function looksLikeJson(text: string): boolean {
  if (!opensJson(text) || !closesJson(text)) return false;
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
    const code = text.charCodeAt(at);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return text[at] ?? '';
  }
  return '';
}
