/** Texts where they stand as whole words: replaced in one pass, so that what was put in is not replaced again. */

/** Matches any of the texts, the longest that fits, with no letter or digit on either side. There must be one. */
export function anyWholeWord(texts: readonly string[]): RegExp {
  const longestFirst = [...texts].sort((a, b) => b.length - a.length);
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${longestFirst.map(escaped).join('|')})(?![\\p{L}\\p{N}])`, 'gu');
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
