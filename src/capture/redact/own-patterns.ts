/** Checks the patterns of own recognisers: caller data runs through them, so none may take more than linear time. */

const MAX_LENGTH = 200;
/** Quantifiers that may repeat a varying number of times; each multiplies what a failing match costs. */
const MAX_VARYING = 6;

interface Atom {
  readonly source: string;
  /** Whether it, or anything in it, repeats a varying number of times. */
  readonly varies: boolean;
}

/** What is wrong with the pattern, as the end of a sentence; null where it may be used. */
export function flawOf(pattern: string): string | null {
  if (pattern.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  try {
    new RegExp(pattern, 'gu');
  } catch {
    return 'is no regular expression (flag u)';
  }
  if (/\\[1-9]|\\k</.test(pattern)) return 'has a back-reference';
  if (new RegExp(pattern, 'u').test('')) return 'matches the empty text';
  return structureFlaw(pattern);
}

function structureFlaw(pattern: string): string | null {
  // Groups that are open: whether they hold a varying quantifier, and the last varying atom before the next.
  const open: { varies: boolean; last: string | null }[] = [{ varies: false, last: null }];
  let varying = 0;
  let atom: Atom | null = null;
  for (let at = 0; at < pattern.length; ) {
    const top = open.at(-1);
    if (top === undefined) return 'has brackets that do not match';
    const rest = pattern.slice(at);
    const quantifier = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/.exec(rest)?.[0];
    if (quantifier !== undefined) {
      at += quantifier.length;
      const fixed = /^\{(\d+)\}/.test(quantifier);
      const once = quantifier.startsWith('?') || /^\{0,1\}/.test(quantifier);
      if (atom?.varies && !once) return 'has a quantifier inside a quantified group';
      if (!fixed && atom !== null) {
        if (!once) varying++;
        if (varying > MAX_VARYING) return `has more than ${MAX_VARYING} varying quantifiers`;
        if (!once && top.last !== null && overlap(top.last, atom.source))
          return 'has two quantifiers in a row that match the same characters';
        if (!once) top.last = atom.source;
        top.varies = true;
        atom = null;
      }
      continue;
    }
    const group = /^\((?:\?(?::|=|!|<=|<!|<\w+>|[a-z]*(?:-[a-z]+)?:))?/.exec(rest)?.[0];
    if (group !== undefined) {
      at += group.length;
      open.push({ varies: false, last: top.last });
      atom = null;
      continue;
    }
    if (rest[0] === ')') {
      at++;
      open.pop();
      const outer = open.at(-1);
      if (outer === undefined) return 'has brackets that do not match';
      outer.varies ||= top.varies;
      outer.last = top.last ?? outer.last;
      atom = { source: '(group)', varies: top.varies };
      continue;
    }
    if (rest[0] === '|') {
      at++;
      top.last = null;
      atom = null;
      continue;
    }
    const source =
      /^(?:\\[pP]\{[^}]*\}|\\u\{[^}]*\}|\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|\\.|\[(?:\\.|[^\]\\])*\]|[\s\S])/i.exec(
        rest,
      )?.[0] ?? '';
    at += Math.max(1, source.length);
    atom = { source, varies: false };
    // A character that the last varying atom cannot match ends its run.
    if (!/^[*+?{]/.test(pattern.slice(at)) && top.last !== null && !overlap(top.last, source))
      top.last = null;
  }
  return null;
}

/** Characters that stand for the classes that patterns have, by which overlaps show. */
const SAMPLES = [...'aAzZ09_ -.,:;/@#\t\n+=()[]{}"\'%&éß中'];

function overlap(a: string, b: string): boolean {
  if (a === '(group)' || b === '(group)') return true;
  try {
    const first = new RegExp(`^${a}$`, 'u');
    const second = new RegExp(`^${b}$`, 'u');
    // A literal may lie outside of the samples: it stands for itself.
    const literal = b.length <= 2 ? [b.replace(/^\\/, '')] : [];
    return [...SAMPLES, ...literal].some((char) => first.test(char) && second.test(char));
  } catch {
    return true;
  }
}
