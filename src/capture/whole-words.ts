/**
 * Texts where they stand as whole words, found in one pass, so that what was put in is not replaced again. A tree of their characters
 * is walked from each place in which a word may begin: however many texts there are, it takes as long as the longest at most.
 */

interface Node {
  readonly next: Map<number, Node>;
  /** Whether a text ends here. */
  isEnd: boolean;
}

/**
 * Says what stands in the place of a text that was found; null: it is to be left, and a shorter one that begins there is tried.
 * @param whole All of it, in which it stands from `start` to `end`.
 */
export type Replace = (found: string, start: number, end: number, whole: string) => string | null;

/** Replaces the texts where they stand with no letter or digit on either side, the longest first. */
export function wholeWords(texts: Iterable<string>): (whole: string, replace: Replace) => string {
  const root: Node = { next: new Map(), isEnd: false };
  for (const text of texts) {
    if (text === '') continue;
    let node = root;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      let next = node.next.get(code);
      if (next === undefined) {
        next = { next: new Map(), isEnd: false };
        node.next.set(code, next);
      }
      node = next;
    }
    node.isEnd = true;
  }
  return (whole, replace) => {
    let made = '';
    let copied = 0;
    let at = 0;
    while (at < whole.length) {
      const [end, text] = replacement(root, whole, at, replace);
      if (text === null) {
        at++;
        continue;
      }
      made += whole.slice(copied, at) + text;
      at = end;
      copied = end;
    }
    return copied === 0 ? whole : made + whole.slice(copied);
  };
}

/** Of the longest text at `start` that is replaced, where it ends and what stands for it. */
function replacement(
  root: Node,
  whole: string,
  start: number,
  replace: Replace,
): readonly [end: number, text: string | null] {
  let node = root.next.get(whole.charCodeAt(start));
  if (node === undefined || isWordBefore(whole, start)) return [start, null];
  const ends: number[] = [];
  for (let end = start + 1; node !== undefined; end++) {
    if (node.isEnd && !isWordAt(whole, end)) ends.push(end);
    node = node.next.get(whole.charCodeAt(end));
  }
  for (const end of ends.reverse()) {
    const text = replace(whole.slice(start, end), start, end, whole);
    if (text !== null) return [end, text];
  }
  return [start, null];
}

const WORD = /[\p{L}\p{N}]/u;

/** Whether a letter or a digit begins at the place. */
export function isWordAt(text: string, at: number): boolean {
  const code = text.codePointAt(at);
  return code !== undefined && WORD.test(String.fromCodePoint(code));
}

/** Whether one ends there. */
export function isWordBefore(text: string, at: number): boolean {
  if (at === 0) return false;
  const last = text.charCodeAt(at - 1);
  return isWordAt(text, at > 1 && last >= 0xdc00 && last < 0xe000 ? at - 2 : at - 1);
}
