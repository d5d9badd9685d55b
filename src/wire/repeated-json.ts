/**
 * Reads JSON objects that hold a list which grows from one to the next: an agent sends its whole conversation with each call.
 * What was read before is found again by its text and not parsed anew; what is found again is the same object as before, so
 * that work on it need not be done again either. Gives what the JSON parser would, or leaves the text to it.
 *
 * The text is cut in three: the head up to the list's bracket, the list's pieces, and the tail from the list's other bracket
 * on. Each is text that was found to be whole before, or is parsed now by itself. JSON has no context beyond its nesting
 * (RFC 8259): whole pieces between a whole head and tail are a whole object. Where to cut is a guess, at what the first element
 * begins with: inside a string its quotes would be escaped, and a piece that was cut in its middle is not whole.
 * Does not: know what the list means.
 */
import { isAscii } from 'node:buffer';
import { boundedCache } from '../core/bounded-cache.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../core/json.ts';

export interface RepeatedJson {
  /** The value; undefined where the bytes are no JSON, as parseJson. Nobody may change what is in it. */
  read(bytes: Uint8Array): Json | undefined;
}

/** What stands before the list, and the tails that came with it. */
interface Head {
  readonly text: string;
  readonly value: JsonObject;
  /** The longest first: a shorter one may end it. */
  readonly tails: Tail[];
  /** The key of the piece that came first after it the last time. */
  next: string;
}

interface Tail {
  readonly text: string;
  readonly value: JsonObject;
}

interface Piece {
  readonly key: string;
  readonly text: string;
  readonly elements: readonly Json[];
  /** The key of the piece that came after it the last time. */
  next: string;
}

/** What a reader remembers, in characters; objects take some times as much. */
const REMEMBERED = 16 * 1024 * 1024;
/** What an entry takes beside its text. */
const ENTRY = 300;
/** Tails of a head that are tried. */
const MAX_TAILS = 4;
/** A shorter text is parsed as soon as it is looked for. */
const MIN_CHARACTERS = 512;
/** The first element's beginning: its first name. */
const BEGINNING = /\{[ \t\n\r]*"[^"\\]{0,40}"[ \t\n\r]*:/y;

/** @param name Of the list, in the object. */
export function repeatedJson(name: string): RepeatedJson {
  const heads = boundedCache<Head>(REMEMBERED, ({ text, tails }) =>
    tails.reduce((sum, tail) => sum + tail.text.length + ENTRY, text.length + ENTRY),
  );
  const pieces = boundedCache<Piece>(REMEMBERED, ({ text }) => text.length + ENTRY);
  const quoted = JSON.stringify(name);
  const opening = new RegExp(`${quoted}[ \\t\\n\\r]*:[ \\t\\n\\r]*\\[[ \\t\\n\\r]*`, 'y');

  /** Where the list's first element begins; -1 where it cannot be told. */
  const listStart = (text: string): number => {
    const at = text.indexOf(quoted);
    if (at < 1 || !'{,'.includes(text[lastNoBlank(text, at - 1)] ?? '-')) return -1;
    opening.lastIndex = at;
    return opening.test(text) ? opening.lastIndex : -1;
  };
  const headOf = (from: Source, end: number): Head | null => {
    const text = from.text.slice(0, end);
    const known = heads.get(keyOf(text));
    if (known?.text === text) return known;
    const value = parseJson(`${from.decoded(0, end)}]}`);
    // Of several lists by this name the last counts, and it is the one that is open.
    if (!isObject(value) || !Array.isArray(value[name]) || value[name].length > 0) return null;
    const head = { text: from.own(0, end), value, tails: [], next: '' };
    heads.set(keyOf(head.text), head);
    return head;
  };
  /** The piece from `at` to `end`; null where that is none. `before`: what it came after. */
  const pieceOf = (from: Source, at: number, end: number, before: Head | Piece): Piece | null => {
    const text = from.text.slice(at, end);
    const known = pieces.get(keyOf(text));
    if (known?.text === text) {
      before.next = known.key;
      return known;
    }
    const elements = elementsIn(from.decoded(at, end));
    if (elements === null) return null;
    const kept = from.own(at, end);
    const piece = { key: keyOf(kept), text: kept, elements, next: '' };
    pieces.set(piece.key, piece);
    before.next = piece.key;
    return piece;
  };
  /** What came after it the last time, where it stands here too. */
  const expected = (text: string, at: number, { next }: Head | Piece): Piece | null => {
    const piece = next === '' ? undefined : pieces.get(next);
    return piece && text.slice(at, at + piece.text.length) === piece.text ? piece : null;
  };
  const remember = (head: Head, tail: Tail): void => {
    head.tails.push(tail);
    if (head.tails.length > MAX_TAILS) head.tails.shift();
    head.tails.sort((a, b) => b.text.length - a.text.length);
    // Weighed anew.
    heads.set(keyOf(head.text), head);
  };
  /** The last piece, which begins at `at`, and what comes after the list. */
  const ending = (
    from: Source,
    at: number,
    head: Head,
    before: Head | Piece,
  ): { readonly piece: Piece; readonly fields: JsonObject } | null => {
    const { text } = from;
    for (const tail of head.tails) {
      const end = text.length - tail.text.length;
      // As String.endsWith, which compares character by character.
      if (end <= at || text.slice(end) !== tail.text) continue;
      const piece = pieceOf(from, at, end, before);
      if (piece !== null) return { piece, fields: tail.value };
    }
    const end = endOfList(text, at);
    const piece = end < 0 ? null : pieceOf(from, at, end, before);
    const fields = piece === null ? null : fieldsAfter(from, end);
    if (piece === null || fields === null) return null;
    remember(head, { text: from.own(end, text.length), value: fields });
    return { piece, fields };
  };

  const readApart = (from: Source): Json | undefined => {
    const { text } = from;
    const start = listStart(text);
    if (start < 0) return undefined;
    BEGINNING.lastIndex = start;
    const [beginning] = BEGINNING.exec(text) ?? [];
    const head = beginning === undefined ? null : headOf(from, start);
    if (beginning === undefined || head === null) return undefined;
    const list: Json[] = [];
    let between = '';
    let before: Head | Piece = head;
    let at = start;
    for (;;) {
      let piece = expected(text, at, before);
      let end = at + (piece?.text.length ?? 0);
      if (between === '') between = separator(text, piece === null ? at + 1 : end, beginning);
      const boundary = between + beginning;
      if (piece === null || text.slice(end, end + boundary.length) !== boundary) {
        end = text.indexOf(boundary, at + 1);
        if (end < 0) break;
        piece = pieceOf(from, at, end, before);
        if (piece === null) return undefined;
      }
      for (const each of piece.elements) list.push(each);
      before = piece;
      at = end + between.length;
    }
    const last = ending(from, at, head, before);
    if (last === null) return undefined;
    for (const each of last.piece.elements) list.push(each);
    // As the parser has it: of fields with one name the first has the place, and the last the value.
    return { ...head.value, [name]: list, ...last.fields };
  };

  return {
    read(bytes) {
      if (bytes.length >= MIN_CHARACTERS) {
        const value = readApart(sourceOf(bytes));
        if (value !== undefined) return value;
      }
      return parseJson(UTF8.decode(bytes));
    },
  };
}

/** The comma between two elements, with the blanks around it: before the first element from `from` on that begins so. */
function separator(text: string, from: number, beginning: string): string {
  const second = text.indexOf(beginning, from);
  const comma = second < 0 ? -1 : lastNoBlank(text, second - 1);
  return comma >= from && text[comma] === ',' ? text.slice(comma, second) : ',';
}

/** What comes after a list that ends with the character at `at`; null where that cannot be. */
function fieldsAfter(from: Source, at: number): JsonObject | null {
  const { text } = from;
  const next = firstNoBlank(text, at + 1);
  // Without the comma, and with an object's beginning; a comma must have a field behind it.
  const isLast = text[next] === '}';
  const first = isLast ? next : firstNoBlank(text, next + 1);
  if (!isLast && !(text[next] === ',' && text[first] === '"')) return null;
  const value = parseJson(`{${from.decoded(first, text.length)}`);
  return isObject(value) ? value : null;
}

/** The elements of a piece; null where it is none. */
function elementsIn(text: string): readonly Json[] | null {
  // As deep as they may be where they stand, in a list in an object; what closes the list too early makes several lists of one.
  const lists = parseJson(`[[${text}]]`);
  const [elements] = Array.isArray(lists) && lists.length === 1 ? lists : [];
  return Array.isArray(elements) && elements.length > 0 ? elements : null;
}

/** A text as it came, a character a byte: quick to make and to compare. What is parsed is decoded first. */
interface Source {
  readonly text: string;
  decoded(at: number, end: number): string;
  /** In memory of its own: a slice would keep the whole text that it was cut from. */
  own(at: number, end: number): string;
}

const UTF8 = new TextDecoder();

function sourceOf(bytes: Uint8Array): Source {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const own = (at: number, end: number): string => buffer.toString('latin1', at, end);
  const decoded = (at: number, end: number): string => UTF8.decode(buffer.subarray(at, end));
  return { text: buffer.toString('latin1'), own, decoded: isAscii(buffer) ? own : decoded };
}

const BLANKS = ' \t\n\r';

function lastNoBlank(text: string, from: number): number {
  let at = from;
  while (at >= 0 && BLANKS.includes(text[at]!)) at--;
  return at;
}

function firstNoBlank(text: string, from: number): number {
  let at = from;
  while (at < text.length && BLANKS.includes(text[at]!)) at++;
  return at;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Where the bracket stands that ends a list of which an element begins at `from`; -1 where there is none. */
function endOfList(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at >= 0 && at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c === QUOTE) {
      at = endOfString(text, at);
      if (at < 0) return -1;
      // Braces and brackets differ by 0x20: {[ and }].
    } else if ((c | 0x20) === 0x7b) depth++;
    else if ((c | 0x20) === 0x7d && --depth < 0) return c === 0x5d ? at : -1;
  }
  return -1;
}

/** Where the quote stands that ends the string which begins at `from`; -1 where there is none. */
function endOfString(text: string, from: number): number {
  for (let end = text.indexOf('"', from + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text.charCodeAt(before) === BACKSLASH) before--;
    if ((end - before) % 2 === 1) return end;
  }
  return -1;
}

/**
 * A key for texts that are nearly always different: some of its characters, since to hash all of them takes longer than to
 * compare them. Texts of one key take each other's place. A key keeps the text that it was made of in memory.
 */
const keyOf = (text: string): string => {
  const { length } = text;
  if (length <= KEY_CHARACTERS) return text;
  const middle = length >> 1;
  return `${length} ${text.slice(24, 48)}${text.slice(middle, middle + 16)}${text.slice(-32)}`;
};
const KEY_CHARACTERS = 96;

/** What was made of an object before, as long as that is in memory. */
export function madeOnce<K extends object, V>(make: (from: K) => V): (from: K) => V {
  const made = new WeakMap<K, { readonly value: V }>();
  return (from) => {
    const before = made.get(from);
    if (before) return before.value;
    const value = make(from);
    made.set(from, { value });
    return value;
  };
}
