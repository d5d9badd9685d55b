/**
 * Numbers told by how their digits are grouped and by their check: cards, national and medical ids. Each number in a
 * text is walked once down a tree of the known groupings; national-numbers.ts and money.ts hold the rules.
 */

import type { EntityKind } from '../../core/entity.ts';
import { CUE } from './cues.ts';
import { drawFor, withDigits } from './draw.ts';
import type { Match } from './match.ts';
import { redraw } from './redraw.ts';
import { isReference } from './reference.ts';
import { beginsHere, cueBefore, endsHere, type Scan } from './scan.ts';

export interface NumberRule {
  readonly kind: EntityKind;
  /** Groupings: lengths of the groups with what stands between them, as in "3-2-4". */
  readonly shapes: string;
  /** Groupings that count only after a word of the families `cue`. */
  readonly announced?: string;
  /** Bits of CUE; Default: nationalId. */
  readonly cue?: number;
  readonly valid: (digits: string) => boolean;
  /** The surrogate's template (see redraw), or templates by count of digits. */
  readonly template: string | Readonly<Record<number, string>>;
  /** What holds of a surrogate where it is to differ from `valid`: reserved numbers that nobody has. */
  readonly made?: (digits: string) => boolean;
}

interface Node {
  readonly next: Map<number, Node>;
  readonly rules: { readonly rule: NumberRule; readonly announced: boolean }[];
}

const SEPARATORS = ['', ' ', '-', '.', '/'];
const separatorOf = (char: string): number => (char === '\u00a0' ? 1 : SEPARATORS.indexOf(char));

/** A tree of groupings: an edge is a group's length and what stands before it. */
export function numberTree(rules: readonly NumberRule[]): Node {
  const root: Node = { next: new Map(), rules: [] };
  const add = (rule: NumberRule, shape: string, announced: boolean): void => {
    let node = root;
    for (const [, separator = '', length = ''] of shape.matchAll(/([ \-./]?)(\d+)/g)) {
      const edge = Number(length) * 8 + separatorOf(separator);
      let next = node.next.get(edge);
      if (next === undefined) {
        next = { next: new Map(), rules: [] };
        node.next.set(edge, next);
      }
      node = next;
    }
    node.rules.push({ rule, announced });
  };
  for (const rule of rules) {
    // An underscore stands for a space, since spaces divide the shapes.
    for (const shape of rule.shapes.split(' '))
      if (shape !== '') add(rule, shape.replaceAll('_', ' '), false);
    for (const shape of (rule.announced ?? '').split(' '))
      if (shape !== '') add(rule, shape.replaceAll('_', ' '), true);
  }
  return root;
}

/** The numbers of a text that a rule of the tree takes. */
export function findNumbers(scan: Scan, tree: Node): Match[] {
  const { text, numbers } = scan;
  const found: Match[] = [];
  for (let i = 0; i < numbers.length; i += 2) {
    const start = numbers[i] ?? 0;
    let end = numbers[i + 1] ?? 0;
    let node = tree.next.get((end - start) * 8);
    if (node === undefined || !beginsHere(text, start)) continue;
    let best: Match | undefined;
    for (let j = i; ; ) {
      scan.steps++;
      if (node.rules.length > 0 && endsHere(text, end)) best = matchOf(scan, start, end, node) ?? best;
      j += 2;
      const separator = separatorOf(text[end] ?? '#');
      if (separator < 1 || numbers[j] !== end + 1) break;
      const next = numbers[j + 1] ?? 0;
      node = node.next.get((next - end - 1) * 8 + separator);
      if (node === undefined) break;
      end = next;
    }
    if (best !== undefined) {
      found.push(best);
      while ((numbers[i + 2] ?? Number.POSITIVE_INFINITY) < best.end) i += 2;
    }
  }
  return found;
}

function matchOf(scan: Scan, start: number, end: number, node: Node): Match | undefined {
  const original = scan.text.slice(start, end);
  const digits = original.replace(/\D/g, '');
  for (const { rule, announced } of node.rules) {
    if (!rule.valid(digits)) continue;
    if (announced) {
      if (cueBefore(scan, start, rule.cue ?? CUE.nationalId) === undefined) continue;
    } else if (isReference(scan, start, true)) continue;
    const { kind, template, made, valid } = rule;
    const build = typeof template === 'string' ? template : (template[digits.length] ?? '');
    return {
      start,
      end,
      kind,
      make: (key) => withDigits(original, redraw(digits, build, drawFor(key, kind, digits), made ?? valid)),
    };
  }
  return undefined;
}
