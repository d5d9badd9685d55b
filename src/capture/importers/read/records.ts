/**
 * From the text of a file to its records: JSON Lines (a record a line, and lines end at line feeds only), values over
 * several lines, several values one after the other, arrays, and objects around a list. Only the record under way is
 * held, up to a limit. What is broken costs as little as can be: the next line starts anew.
 * Does not: decode bytes (decode.ts), or know any format.
 */
import { isObject, type Json, parseJson } from '../../../core/json.ts';
import { createScanner, LIST_KEYS } from './scanner.ts';

/** A record, or why there is none, and the line (from 1) where it begins. */
export type FileRecord =
  | { readonly line: number; readonly value: Json }
  | { readonly line: number; readonly broken: string };

export interface RecordReader {
  /** The records that end in this text. */
  push(text: string): FileRecord[];
  /** Those that the end of the file ends. */
  end(): FileRecord[];
}

export interface RecordOptions {
  /** Whether a value is a record of some format; objects that are none and wrap a list are opened. */
  readonly isRecord?: (value: Json) => boolean;
  /** Characters of a record beyond which it is passed over. Default: 64 Mi. */
  readonly maxChars?: number;
  /** Characters of a line beyond which its values are read one by one. Default: 1 Mi. */
  readonly lineChars?: number;
}

export const NOT_JSON = 'not JSON';
export const CUT_OFF = 'cut off at the end of the file';
export const TOO_LARGE = 'record too large';

/** Wrappers within wrappers are opened so deep: an array of pages of records. */
const WRAPPERS = 3;

export function recordReader(options: RecordOptions = {}): RecordReader {
  const { isRecord = () => false, maxChars = 64 * 2 ** 20 } = options;
  const lineChars = Math.min(options.lineChars ?? 2 ** 20, maxChars);
  const scanner = createScanner();
  let records: FileRecord[] = [];
  /** Whole lines are tried first, which is fast; then value by value; `skip` is the rest of a broken line. */
  let mode: 'line' | 'values' | 'skip' = 'line';
  let line = 1;
  /** The line under way (mode 'line'), or the value under way: what of it came in earlier texts. */
  let held: string[] = [];
  let heldChars = 0;
  /** After a broken value over several lines: lines are passed over until one can begin a value. */
  let resync = false;

  // The value under way, in mode 'values'.
  let recording = false;
  let start = 0;
  let recordLine = 1;
  let tooLarge = false;
  let broken = false;
  /** Where in it an array under a list key opened; -1 where none did. */
  let listAt = -1;
  let listLine = 1;

  const hold = (text: string): void => {
    held.push(text);
    heldChars += text.length;
  };
  const release = (): string => {
    const text = held.length === 1 ? (held[0] ?? '') : held.join('');
    held = [];
    heldChars = 0;
    return text;
  };
  const fail = (at: number, why: string): void => {
    records.push({ line: at, broken: why });
  };

  const deliver = (value: Json, at: number, depth = 0): void => {
    if (depth < WRAPPERS) {
      if (depth === 0 && Array.isArray(value)) {
        for (const element of value) deliver(element, at, depth + 1);
        return;
      }
      if (isObject(value) && !isRecord(value)) {
        const lists = Object.entries(value).filter(
          ([key, list]) => LIST_KEYS.has(key) && Array.isArray(list),
        );
        for (const [, list] of lists) for (const element of list as Json[]) deliver(element, at, depth + 1);
        if (lists.length > 0) return;
      }
    }
    records.push({ line: at, value });
  };

  const takeLine = (content: string): void => {
    const trimmed = content.trim();
    if (trimmed !== '' && resync) resync = !/^[{[]/.test(trimmed);
    if (trimmed === '' || resync) {
      line++;
      return;
    }
    const value = parseJson(trimmed);
    if (value !== undefined) {
      deliver(value, line++);
      return;
    }
    beginValues();
    scan(`${content}\n`, 0);
    if (mode !== 'skip') return;
    // The line has been taken whole: nothing of it is left to skip.
    mode = 'line';
    line++;
  };

  const beginValues = (): void => {
    mode = 'values';
    recording = false;
    scanner.restart(line);
  };

  /** Reads values until the text is used up or lines are read again; returns the index reached. */
  const scan = (text: string, from: number): number => {
    let at = from;
    start = at;
    for (;;) {
      at = scanner.run(text, at);
      if (scanner.event === 'more') {
        if (recording) keep(text.slice(start));
        return at;
      }
      if (scanner.event === 'begin') {
        begin(at);
        at++;
      } else if (scanner.event === 'end') finish(text, at);
      else if (scanner.event === 'list') {
        if (listAt === -1) {
          listAt = heldChars + at - start;
          listLine = scanner.line;
        }
      } else if (scanner.event === 'item') {
        // So large an object around a list is not waited for.
        const chars = heldChars + at - start;
        if (listAt !== -1 && !tooLarge && chars > lineChars && chars <= maxChars) openWrapper(text, at);
      } else if (scanner.event === 'line') {
        mode = 'line';
        line = scanner.line;
        return at;
      } else {
        at = recover(text, at);
        if (mode !== 'values') return at;
      }
    }
  };

  const begin = (at: number): void => {
    recording = true;
    tooLarge = false;
    start = at;
    held = [];
    heldChars = 0;
    listAt = -1;
    recordLine = scanner.line;
  };

  /** Holds a piece of the value under way, unless it has become too large. */
  const keep = (piece: string): void => {
    if (!tooLarge) hold(piece);
    if (heldChars <= maxChars) return;
    tooLarge = true;
    held = [];
    heldChars = 0;
  };

  const finish = (text: string, at: number): void => {
    if (recording) keep(text.slice(start, at));
    recording = false;
    const whole = release();
    if (tooLarge) {
      fail(recordLine, TOO_LARGE);
      tooLarge = false;
      broken = false;
      return;
    }
    if (broken) {
      fail(recordLine, NOT_JSON);
      broken = false;
      return;
    }
    const value = parseJson(whole);
    if (value === undefined) fail(recordLine, NOT_JSON);
    else if (listAt !== -1 && !scanner.inList && !isRecord(value)) replay(whole);
    else if (Array.isArray(value)) records.push({ line: recordLine, value });
    else deliver(value, recordLine, scanner.inList ? 1 : 0);
  };

  const openWrapper = (text: string, at: number): void => {
    keep(text.slice(start, at));
    recording = false;
    replay(release());
    start = at;
  };

  /** Reads an object again from the list in it, for its elements one by one, with their lines. */
  const replay = (whole: string): void => {
    scanner.enterList(listLine);
    scan(whole.slice(listAt), 0);
  };

  /** After what cannot stand there. In a list, brackets lead to the next element; elsewhere the next line does. */
  const recover = (text: string, at: number): number => {
    if (!recording) recordLine = scanner.line;
    if (scanner.inList) {
      if (!recording) start = at;
      broken = true;
      scanner.passOver();
      return at;
    }
    const { line: badLine } = scanner;
    if (recording) keep(text.slice(start, at));
    recording = false;
    const whole = release();
    fail(recordLine, tooLarge ? TOO_LARGE : NOT_JSON);
    line = badLine;
    if (tooLarge || badLine === recordLine) {
      tooLarge = false;
      mode = 'skip';
      return at;
    }
    // The lines since may have been records of their own: a line that broke off looks like the start of many lines.
    const lines = whole.split('\n');
    retry(lines.slice(1, -1), recordLine + 1);
    mode = 'line';
    resync = true;
    hold(lines.at(-1) ?? '');
    return at;
  };

  const retry = (lines: readonly string[], from: number): void => {
    lines.forEach((text, i) => {
      const value = /^\s*[{[]/.test(text) ? parseJson(text) : undefined;
      if (value !== undefined) deliver(value, from + i);
    });
  };

  const push = (text: string): void => {
    let at = 0;
    while (at < text.length) {
      if (mode === 'values') {
        at = scan(text, at);
        continue;
      }
      const lf = text.indexOf('\n', at);
      if (mode === 'skip') {
        if (lf === -1) return;
        mode = 'line';
        line++;
        at = lf + 1;
        continue;
      }
      const end = lf === -1 ? text.length : lf;
      const room = Math.max(0, lineChars - heldChars);
      if (end - at > room) {
        hold(text.slice(at, at + room + 1));
        at += room + 1;
        const long = release();
        resync = false;
        beginValues();
        scan(long, 0);
        continue;
      }
      hold(text.slice(at, end));
      if (lf === -1) return;
      takeLine(release());
      at = lf + 1;
    }
  };

  const end = (): void => {
    const lastLine = mode === 'line' ? line : scanner.line;
    if (mode === 'line') {
      const rest = release();
      if (rest !== '') takeLine(rest);
    }
    if (mode !== 'values') return;
    if (recording) {
      const whole = release();
      fail(recordLine, tooLarge ? TOO_LARGE : CUT_OFF);
      if (!scanner.inList && !tooLarge) retry(whole.split('\n').slice(1), recordLine + 1);
    } else if (broken) fail(recordLine, NOT_JSON);
    else if (scanner.open) fail(lastLine, CUT_OFF);
  };

  const taken = (): FileRecord[] => {
    const out = records;
    records = [];
    return out;
  };
  return {
    push(text) {
      push(text);
      return taken();
    },
    end() {
      end();
      return taken();
    },
  };
}
