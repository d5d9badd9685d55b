/**
 * The grammar's notation: `(a|b)` is one of them, `{name}` a slot; alternatives may hold slots, not other
 * alternatives. What fills a slot is the caller's business.
 */
import type { Draw } from './random.ts';

/** A sentence pattern, and whether only the second half of the day uses it. */
export interface Pattern {
  readonly id: string;
  readonly text: string;
  readonly late: boolean;
}

/** Numbers a list of patterns: those before noon and those that first show up after it. */
export function patternsOf(name: string, early: readonly string[], late: readonly string[]): Pattern[] {
  return [
    ...early.map((text, i) => ({ id: `${name}/${i}`, text, late: false })),
    ...late.map((text, i) => ({ id: `${name}/late${i}`, text, late: true })),
  ];
}

/** Draws one alternative everywhere; slots stay. */
export function expand(text: string, draw: Draw): string {
  return text.replace(/\(([^()]*\|[^()]*)\)/g, (_, options: string) => draw.pick(options.split('|')));
}

/**
 * Draws a pattern. In the second half of the day, `lateShare` of the draws come from its own patterns, where
 * there are any.
 */
export function pickPattern(
  patterns: readonly Pattern[],
  afternoon: boolean,
  lateShare: number,
  draw: Draw,
): Pattern {
  const late = patterns.filter((pattern) => pattern.late);
  if (afternoon && late.length > 0 && draw.chance(lateShare)) return draw.pick(late);
  return draw.pick(patterns.filter((pattern) => !pattern.late));
}
