/**
 * Noise as people write: typing errors, no capitals, no full stops. Spans between the marks are never touched by
 * typing errors, so that what the truth says still stands in the mail.
 */
import type { Draw } from './random.ts';

/** Marks around protected spans (private use characters); taken out by `unmark`. */
const open = '\uE000';
const close = '\uE001';
const productOpen = '\uE002';

export const protect = (text: string): string => `${open}${text}${close}`;
/** Protects the product that the truth names, so that it can be read off after the noise. */
export const protectProduct = (text: string): string => `${productOpen}${text}${close}`;

/** The product as it now stands in the text, or null. */
export function markedProduct(text: string): string | null {
  return /\uE002([^\uE001]*)\uE001/.exec(text)?.[1] ?? null;
}

export function unmark(text: string): string {
  return text.replace(/[\uE000-\uE002]/g, '');
}

/** One typing error in a word of four letters or more: swapped, lost, doubled or neighbouring letter. */
function mistype(word: string, draw: Draw): string {
  const at = draw.between(1, word.length - 2);
  const [a, b] = [word[at]!, word[at + 1]!];
  const before = word.slice(0, at);
  return draw.pick([
    before + b + a + word.slice(at + 2),
    before + word.slice(at + 1),
    before + a + a + word.slice(at + 1),
    before + draw.pick(['e', 'r', 'n', 's', 'o']) + word.slice(at + 1),
  ]);
}

/** Up to `count` typing errors outside protected spans. */
function withTypos(text: string, count: number, draw: Draw): string {
  const words = [...text.matchAll(/[\uE000\uE002][^\uE001]*\uE001|[A-Za-z]{4,}/g)].filter((match) =>
    /^[A-Za-z]/.test(match[0]),
  );
  let result = text;
  for (let i = 0; i < count && words.length > 0; i++) {
    const [word] = words.splice(draw.between(0, words.length - 1), 1);
    const typed = mistype(word!.at(0)!, draw);
    result = result.slice(0, word!.index) + typed + result.slice(word!.index + word![0].length);
    // Later indices hold only where the length did; one error of another length ends the round.
    if (typed.length !== word![0].length) break;
  }
  return result;
}

/** The text as somebody typed it. */
export function scribble(text: string, draw: Draw): string {
  let result = draw.chance(0.2) ? withTypos(text, draw.between(1, 2), draw) : text;
  if (draw.chance(0.12)) result = result.toLowerCase();
  if (draw.chance(0.06)) result = result.replace(/\.(?=\s|$)/g, '');
  if (draw.chance(0.04)) result = result.replace(/\?/g, '??');
  return result;
}
