/** Other numbers of the same build, whose check holds. */
import { type Draw, drawLike } from './draw.ts';

const DIGITS = '0123456789';
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const TRIES = 200;

/**
 * A number drawn after a template, one character for each of the original's: D a digit, L a letter, = as it was, ? a
 * check character (two at most) that is searched for, YY MM dd a year near the original's, a month, a day up to 28; any
 * other character stands for itself.
 * @param valid The check. Where none of many tries holds, which a right template excludes, letters and digits are drawn.
 */
export function redraw(
  original: string,
  template: string,
  draw: Draw,
  valid: (made: string) => boolean,
): string {
  const checks = [...template].flatMap((sign, i) => (sign === '?' ? [i] : []));
  for (let round = 0; round < TRIES; round++) {
    const made: string[] = [];
    for (let i = 0; i < template.length; i++) {
      const sign = template[i];
      const old = original[i] ?? '';
      if (sign === 'D') made.push(draw.digit());
      else if (sign === 'L') made.push(LETTERS[draw.below(26)] ?? '');
      else if (sign === '=' || sign === '?') made.push(old);
      else if (sign === 'Y' || sign === 'M' || sign === 'd') {
        const year = (Number(original.slice(i, i + 2)) + 97 + draw.below(7)) % 100;
        const value = sign === 'Y' ? year : 1 + draw.below(sign === 'M' ? 12 : 28);
        made.push(...String(value).padStart(2, '0'));
        i++;
      } else made.push(sign ?? '');
    }
    if (search(made, checks, valid)) return made.join('');
  }
  return drawLike(draw, original);
}

function search(made: string[], checks: readonly number[], valid: (made: string) => boolean): boolean {
  const [at, ...rest] = checks;
  if (at === undefined) return valid(made.join(''));
  const alphabet = /\d/.test(made[at] ?? '') ? DIGITS : LETTERS;
  for (const char of alphabet) {
    made[at] = char;
    if (search(made, rest, valid)) return true;
  }
  return false;
}
