/**
 * Template mining: texts made by one piece of code → what is constant in them and where the slots are; and texts
 * of many origins → one template for each. Does not: look at anything but the texts.
 */
import { matchTemplate } from '../callsite/variable-part.ts';
import type { Template } from '../core/task.ts';
import { align, GAP, runsOf, type Vocabulary, vocabulary } from './align.ts';
import { groupTexts, type Rule, sequenceOf, type Text } from './group.ts';

/** Nothing is constant. */
export const FREE: Template = { pieces: ['', ''] };

export function isFree(template: Template): boolean {
  return template.pieces.length > 1 && template.pieces.every((piece) => piece === '');
}

const WORD = /[\p{L}\p{N}]{2}/u;
const SAMPLE = 96;
const ROUNDS = 12;

/**
 * One template that all the texts follow. FREE where they have nothing in common that is sure to hold for later
 * texts too, and where there are too few to tell.
 */
export function mineOne(texts: readonly Text[], least = 10): Template {
  if (texts.length < least) return FREE;
  const words = vocabulary();
  const sample = spread(texts, SAMPLE);
  let common = sample.map((text) => sequenceOf(text, words)).reduce(align);
  for (let round = 0; round < 5; round++) {
    const template = prune(common, texts.length, words);
    const misfits = texts.filter(({ text }) => matchTemplate(template, text) === null);
    if (misfits.length === 0) return template;
    common = [common, ...spread(misfits, SAMPLE).map((text) => sequenceOf(text, words))].reduce(align);
  }
  return FREE;
}

/**
 * Templates for texts of many origins, most constant first: a sample is grouped, each group gives a template, and what
 * follows none is sampled again. `rule` says what makes two texts one. Texts that match no template in the end
 * stand alone.
 */
export function mineMany(texts: readonly Text[], rule: Rule): Template[] {
  const words = vocabulary();
  let templates: Template[] = [];
  let rest = texts;
  for (let round = 0; round < ROUNDS && rest.length > 0; round++) {
    const sample = spread(rest, SAMPLE);
    const groups = groupTexts(sample, rule, words);
    const before = rest.length;
    for (const group of groups) {
      // A lone text is a template of its own only where it comes back, or nothing else is left to compare it with.
      const alone = group.members.length === 1;
      if (alone && (!rule.constants || (group.members[0]!.sessions < 2 && rest.length > SAMPLE))) continue;
      const template = alone
        ? { pieces: runsOf(group.common).map((run) => words.decode(run)) }
        : prune(group.common, group.members.length, words);
      if (!alone && constantWords(template, words) < rule.leastWords) continue;
      templates = addTemplate(templates, template, words);
    }
    rest = rest.filter((each) => templates.every((template) => matchTemplate(template, each.text) === null));
    if (rest.length === before) break;
  }
  return templates.sort((a, b) => lengthOf(b) - lengthOf(a));
}

/**
 * What two templates of one origin have in common, or null where they are too different to be one: for a template
 * that was found in too few texts and took a chance value for a constant.
 */
export function joinTemplates(a: Template, b: Template, words: Vocabulary = vocabulary()): Template | null {
  const common = align(tokensOf(a, words), tokensOf(b, words));
  const joined = prune(common, 5, words);
  const most = Math.max(constantWords(a, words), constantWords(b, words));
  return constantWords(joined, words) >= Math.max(1, 0.85 * most) ? joined : null;
}

/** How many characters are constant. */
export function lengthOf(template: Template): number {
  return template.pieces.reduce((sum, piece) => sum + piece.length, 0);
}

function addTemplate(templates: readonly Template[], template: Template, words: Vocabulary): Template[] {
  // Two constant texts are two prompts, told apart on purpose by groupTexts.
  const slotted = (each: Template) => each.pieces.length > 1;
  const i = templates.findIndex(
    (each) => (slotted(each) || slotted(template)) && joinTemplates(each, template, words) !== null,
  );
  if (i < 0) return [...templates, template];
  return templates.with(i, joinTemplates(templates[i]!, template, words)!);
}

function tokensOf(template: Template, words: Vocabulary): number[] {
  return template.pieces.flatMap((piece, i) => (i === 0 ? [] : [GAP]).concat(words.encode(piece)));
}

function constantWords(template: Template, words: Vocabulary): number {
  return template.pieces.reduce((sum, piece) => sum + words.encode(piece).filter(words.isWord).length, 0);
}

/**
 * Keeps the stretches that are sure to be constant, makes the rest part of the slots: a lone "the" that all texts
 * seen so far have in one place would turn away the first one without it. The fewer texts, the longer the stretch.
 */
function prune(common: readonly number[], texts: number, words: Vocabulary): Template {
  if (!common.includes(GAP)) return { pieces: [words.decode(common)] };
  const least = texts >= 20 ? 3 : texts >= 5 ? 4 : 6;
  const runs = runsOf(common);
  const last = runs.length - 1;
  const pieces: string[] = [];
  for (const [i, run] of runs.entries()) {
    const text = words.decode(run);
    const sure = run.filter(words.isWord).length >= least || isMarker(text, texts);
    if (sure) pieces.push(text);
    else if (i === 0 || i === last) pieces.push('');
  }
  return { pieces };
}

/** Looks written by a program: a heading on a line of its own; with many texts to show it, a field's name or a tag. */
function isMarker(text: string, texts: number): boolean {
  if (texts < 5 || text.trim().length < 3) return false;
  if (texts < 20) return /^\s*\n/.test(text) && WORD.test(text);
  return /\n/.test(text) || /^\s*[<[#|]/.test(text) || /[:>\]=|]\s*$/.test(text);
}

/** At most `n` items, evenly spaced. */
function spread<T>(items: readonly T[], n: number): readonly T[] {
  if (items.length <= n) return items;
  return Array.from({ length: n }, (_, i) => items[Math.floor((i * items.length) / n)]!);
}
