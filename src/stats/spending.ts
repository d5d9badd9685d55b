/**
 * What each try of a task may spend of its delta, so that all its tries together stay within it.
 * Does not: count tries (the store does).
 */

/**
 * The level of the try `number` (from 1): delta · 6 / (π² number²), which adds up to delta over endless tries. By the
 * union bound the chance that any of them passes a specialist that is worse than epsilon is at most delta, however the
 * tries depend on each other: the same calls again, one call more, another seed. (Alpha-spending: Foster & Stine 2008;
 * Tian & Ramdas 2021, "Online control of the familywise error rate".) A pass gives nothing back: that would be right
 * only if no held-back call were ever tested on twice.
 */
export function deltaOfTry(delta: number, number: number): number {
  return (delta * 6) / (Math.PI ** 2 * number ** 2);
}
