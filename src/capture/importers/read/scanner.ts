/**
 * Finds where the values of a JSON text begin and end, in pieces of any size, in one pass and without parsing them: a
 * state for what may come next, and a stack of brackets. A top-level array is entered: its elements are the values.
 * Does not: hold text, or check what JSON.parse will check again (numbers, escapes).
 */

/**
 * What stopped a run: `begin` a value's first character is at the index returned; `end` a value ended before it;
 * `list` an array under one of the list keys opened before it; `item` a comma of that array stands before it; `line`
 * a line between values ended before it; `bad` what stands there cannot; `more` the text is used up.
 */
type ScanEvent = 'begin' | 'end' | 'list' | 'item' | 'line' | 'bad' | 'more';

export interface Scanner {
  /** Scans from an index and returns where it stopped; `event` says why. */
  run(text: string, from: number): number;
  readonly event: ScanEvent;
  /** The line (from 1) of the index returned. */
  readonly line: number;
  /** Whether elements of an array are being read as values. */
  readonly inList: boolean;
  /** Whether a value has begun and not ended. */
  readonly open: boolean;
  /** Stands between values, at a line. */
  restart(line: number): void;
  /** Stands behind the `[` of an array inside an object: its elements are the values from here on. */
  enterList(line: number): void;
  /** After `bad` in a list: goes on to where the next element can begin, by brackets alone. */
  passOver(): void;
}

/** Fields under which exports wrap a list of records. */
export const LIST_KEYS: ReadonlySet<string> = new Set([
  'data',
  'runs',
  'records',
  'items',
  'results',
  'logs',
  'calls',
  'requests',
  'generations',
  'completions',
  'rows',
  'resourceSpans',
]);

const OBJECT = 1;
const ARRAY = 2;

// What may come next.
const BETWEEN = 0;
const VALUE = 1;
const VALUE_OR_CLOSE = 2;
const KEY = 3;
const KEY_OR_CLOSE = 4;
const COLON = 5;
const COMMA_OR_CLOSE = 6;
const STRING = 7;
const LITERAL = 8;
const LOOSE = 9;
const LOOSE_STRING = 10;

const LF = 10;
const QUOTE = 34;
const COMMA = 44;
const BACKSLASH = 92;
const OPEN_ARRAY = 91;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

export function createScanner(): Scanner {
  let state = BETWEEN;
  let event: ScanEvent = 'more';
  let line = 1;
  let stack: number[] = [];
  /** The depth at which values begin and end. */
  let base = 0;
  /** Reading the rest of an object whose list has been entered: it is no value itself. */
  let wrapped = false;
  let escaped = false;
  let isKey = false;
  /** The key under way, where it may be a list key; null where it does not matter. */
  let key: string | null = null;
  /** The depth of an array under a list key, while the object around it is still a value. */
  let listDepth = 0;
  let looseDepth = 0;

  const stop = (why: ScanEvent, at: number): number => {
    event = why;
    return at;
  };

  /** A value ended: true where it is one of those that are looked for. */
  const ended = (): boolean => {
    state = stack.length === 0 ? BETWEEN : COMMA_OR_CLOSE;
    if (stack.length !== base) return false;
    if (wrapped && base === 0) {
      wrapped = false;
      return false;
    }
    return true;
  };

  let at = 0;
  /** Whether the string ended; `at` is then behind its closing quote, else at a character that no string holds. */
  const passString = (text: string): boolean => {
    for (; at < text.length; at++) {
      const char = text.charCodeAt(at);
      if (char < 32) {
        escaped = false;
        return false;
      }
      if (escaped) escaped = false;
      else if (char === BACKSLASH) escaped = true;
      else if (char === QUOTE) {
        at++;
        return true;
      }
    }
    return false;
  };

  const begins = (char: number, atBase: boolean): boolean => {
    if (char === OPEN_OBJECT) {
      stack.push(OBJECT);
      state = KEY_OR_CLOSE;
    } else if (char === OPEN_ARRAY) {
      stack.push(ARRAY);
      state = VALUE_OR_CLOSE;
    } else if (char === QUOTE) {
      state = STRING;
      isKey = false;
    } else if (char === 45 || (char >= 48 && char <= 57) || char === 116 || char === 102 || char === 110) {
      state = LITERAL;
    } else return false;
    if (atBase) listDepth = 0;
    return true;
  };

  const run = (text: string, from: number): number => {
    at = from;
    while (at < text.length) {
      if (state === STRING) {
        const start = at;
        const done = passString(text);
        if (key !== null) key += text.slice(start, done ? at - 1 : at);
        if (!done) return at < text.length ? stop('bad', at) : stop('more', at);
        if (isKey) state = COLON;
        else if (ended()) return stop('end', at);
        continue;
      }
      const char = text.charCodeAt(at);
      if (state === LOOSE_STRING) {
        if (!passString(text) && at >= text.length) return stop('more', at);
        state = LOOSE;
        continue;
      }
      if (state === LITERAL) {
        // Letters, digits, signs and the point; what they spell is for JSON.parse to say.
        const lower = char | 32;
        if (
          (char >= 48 && char <= 57) ||
          (lower >= 97 && lower <= 122) ||
          char === 45 ||
          char === 43 ||
          char === 46
        ) {
          at++;
          continue;
        }
        if (ended()) return stop('end', at);
        continue;
      }
      if (char === LF) {
        at++;
        line++;
        if (state === BETWEEN) return stop('line', at);
        continue;
      }
      if (char === 32 || char === 13 || char === 9 || char === 0xfeff) {
        at++;
        continue;
      }
      if (state === LOOSE) {
        at++;
        if (char === QUOTE) {
          state = LOOSE_STRING;
          escaped = false;
        } else if (char === OPEN_OBJECT || char === OPEN_ARRAY) looseDepth++;
        else if (looseDepth === 0 && char === COMMA) {
          state = VALUE;
          return stop('end', at);
        } else if (looseDepth === 0 && char === CLOSE_ARRAY) {
          at--;
          state = COMMA_OR_CLOSE;
          return stop('end', at);
        } else if (looseDepth > 0 && (char === CLOSE_OBJECT || char === CLOSE_ARRAY) && --looseDepth === 0) {
          state = COMMA_OR_CLOSE;
          return stop('end', at);
        }
        continue;
      }
      if (state === KEY || state === KEY_OR_CLOSE) {
        if (char === QUOTE) {
          at++;
          state = STRING;
          isKey = true;
          escaped = false;
          key = stack.length === 1 && base === 0 ? '' : null;
          continue;
        }
        if (state !== KEY_OR_CLOSE || char !== CLOSE_OBJECT) return stop('bad', at);
      } else if (state === COLON) {
        if (char !== 58) return stop('bad', at);
        at++;
        state = VALUE;
        continue;
      }
      if (char === CLOSE_OBJECT || char === CLOSE_ARRAY) {
        const kind = char === CLOSE_OBJECT ? OBJECT : ARRAY;
        const open = stack.at(-1);
        if (open !== kind || state === VALUE || state === KEY || state === BETWEEN) {
          // A comma before the end of a list of records does no harm.
          if (!(open === kind && kind === ARRAY && state === VALUE && stack.length === base)) {
            return stop('bad', at);
          }
        }
        at++;
        if (base > 0 && stack.length === base) {
          stack.pop();
          wrapped = stack.length > 0;
          base = 0;
          state = wrapped ? COMMA_OR_CLOSE : BETWEEN;
          continue;
        }
        stack.pop();
        if (stack.length < listDepth) listDepth = 0;
        if (ended()) return stop('end', at);
        continue;
      }
      const atBase = stack.length === base && !(wrapped && base === 0);
      if (char === COMMA) {
        if (state === COMMA_OR_CLOSE) {
          at++;
          state = stack.at(-1) === OBJECT ? KEY : VALUE;
          if (listDepth > 0 && stack.length === listDepth) return stop('item', at);
          continue;
        }
        if (state !== BETWEEN) return stop('bad', at);
        at++;
        continue;
      }
      // A value, where one may stand; a comma missing between records does no harm either.
      const may = state === VALUE || state === VALUE_OR_CLOSE || (atBase && (state === BETWEEN || base > 0));
      if (!may) return stop('bad', at);
      if (state === BETWEEN && char !== OPEN_OBJECT && char !== OPEN_ARRAY) return stop('bad', at);
      const underListKey = key !== null && LIST_KEYS.has(key) && stack.length === 1;
      key = null;
      escaped = false;
      if (state === BETWEEN && char === OPEN_ARRAY) {
        stack.push(ARRAY);
        base = 1;
        state = VALUE_OR_CLOSE;
        at++;
        continue;
      }
      if (!begins(char, atBase)) return stop('bad', at);
      if (atBase) return stop('begin', at);
      at++;
      if (underListKey && char === OPEN_ARRAY) {
        if (wrapped) base = 2;
        else if (listDepth === 0) {
          listDepth = 2;
          return stop('list', at);
        }
      }
    }
    return stop('more', at);
  };

  return {
    run,
    get event() {
      return event;
    },
    get line() {
      return line;
    },
    get inList() {
      return base > 0;
    },
    get open() {
      return state !== BETWEEN;
    },
    restart(from) {
      stack = [];
      base = 0;
      wrapped = false;
      listDepth = 0;
      key = null;
      state = BETWEEN;
      line = from;
    },
    enterList(from) {
      stack = [OBJECT, ARRAY];
      base = 2;
      wrapped = true;
      listDepth = 0;
      key = null;
      state = VALUE_OR_CLOSE;
      line = from;
    },
    passOver() {
      looseDepth = stack.length - base;
      stack.length = base;
      state = LOOSE;
    },
  };
}
