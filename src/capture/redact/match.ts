/** What recognisers share: a place in a text with what to put there instead. */

export interface Match {
  readonly start: number;
  readonly end: number;
  readonly surrogate: string;
}

/**
 * Finds one kind of personal data. Runs in time linear in the text. A surrogate holds no quote, backslash or
 * control character that its original did not, so that JSON around it stays JSON.
 */
export type Recogniser = (text: string, key: Uint8Array) => Match[];

/** Numbers that look like cards or phones often are these; told by the words just before them. */
const REFERENCE =
  /(?:order|tracking|invoice|ref|reference|booking|reservation|confirmation|ticket|case|parcel|shipment|package|product|item|part|model|article|sku|upc|ean|gtin|isbn|issn|serial|imei|batch|lot|asin|po|rma|sendung|bestell\w*|rechnung\w*|artikel\w*|auftrag\w*)s?[\s._-]*(?:code|no|nr|number|nummer|num|id|is|was)*[\s.:#"'=()-]*$/i;

/** Whether the words before `start` say that a reference number follows. */
export function isReference(text: string, start: number): boolean {
  const before = text.slice(Math.max(0, start - 40), start);
  return before.endsWith('#') || REFERENCE.test(before);
}

/**
 * Puts the matches in; where two overlap, the one of the earlier recogniser stays, or the longer one.
 * @param groups Matches by recogniser, most certain first.
 */
export function replaceMatches(text: string, groups: readonly (readonly Match[])[]): string {
  const ranked = groups.flatMap((matches, rank) => matches.map((match) => ({ ...match, rank })));
  if (ranked.length === 0) return text;
  ranked.sort((a, b) => a.start - b.start || a.rank - b.rank || b.end - a.end);
  const kept: typeof ranked = [];
  for (const match of ranked) {
    const last = kept.at(-1);
    if (last === undefined || match.start >= last.end) kept.push(match);
    else if (match.rank < last.rank) kept[kept.length - 1] = match;
  }
  let out = '';
  let at = 0;
  for (const match of kept) {
    if (match.start < at) continue;
    out += text.slice(at, match.start) + match.surrogate;
    at = match.end;
  }
  return out + text.slice(at);
}
