/** Texts where they stand as whole words: replaced in one pass, so that what was put in is not replaced again. */

/** Matches any of the texts, the longest that fits, with no letter or digit on either side. There must be one. */
export function anyWholeWord(texts: readonly string[]): RegExp {
  const longestFirst = [...texts].sort((a, b) => b.length - a.length);
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${longestFirst.map(escaped).join('|')})(?![\\p{L}\\p{N}])`, 'gu');
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}

/** Alternatives of one expression: V8 refuses those that are too large. */
const MAX_ALTERNATIVES = 500;

/** As text.replace(anyWholeWord(texts), by), for any number of texts. */
export function wholeWordReplacer(
  texts: readonly string[],
): (text: string, by: (match: string) => string) => string {
  const longestFirst = [...texts].sort((a, b) => b.length - a.length);
  const parts = Array.from({ length: Math.ceil(texts.length / MAX_ALTERNATIVES) }, (_, i) =>
    anyWholeWord(longestFirst.slice(i * MAX_ALTERNATIVES, (i + 1) * MAX_ALTERNATIVES)),
  );
  const [only, ...others] = parts;
  if (only === undefined) return (text) => text;
  if (others.length === 0) return (text, by) => text.replace(only, by);
  return (text, by) => {
    const from = (part: RegExp, at: number): RegExpExecArray | null => {
      part.lastIndex = at;
      return part.exec(text);
    };
    const next = parts.map((part) => from(part, 0));
    let out = '';
    let end = 0;
    for (;;) {
      // The first in the text, and of those that begin there the longest: parts are in that order.
      let first: RegExpExecArray | null = null;
      for (const match of next) if (match && (!first || match.index < first.index)) first = match;
      if (first === null) return out + text.slice(end);
      out += text.slice(end, first.index) + by(first[0]);
      end = first.index + first[0].length;
      parts.forEach((part, i) => {
        const match = next[i];
        if (match && match.index < end) next[i] = from(part, end);
      });
    }
  };
}
