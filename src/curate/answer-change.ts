/**
 * Whether a task's answers changed at some time: labels, fields, values or tools that ended, and others that began. What was
 * recorded before teaches the wrong thing then.
 *
 * Only what is met and no longer met counts, never whether anybody's answer is correct, and what is kept is everything since:
 * the calls that will be held back are the latest in any case, and none of them is chosen by what it was answered.
 * Does not: notice answers that change without a new word (audits do), or look at prompts.
 */
import { parseAnswer } from '../core/answer.ts';
import type { Call } from '../core/call.ts';
import { isObject, type Json } from '../core/json.ts';
import { referenceOf } from '../core/reference.ts';
import type { Task } from '../core/task.ts';

export interface AnswerChange {
  /** Arrival of the first call after it, epoch milliseconds. */
  readonly at: number;
  /** Calls before it and since. */
  readonly before: number;
  readonly since: number;
  /** Ids of calls on either side: the last of those before with what ended, the first with what began. */
  readonly ids: readonly string[];
}

/** A form that fewer calls have, or a smaller share, is an exception. */
const [MIN_CALLS, MIN_FORM] = [8, 0.02];
/** Share of a form's calls that may lie on the other side: releases overlap. */
const STRAGGLERS = 0.02;
/** Share of the calls on each side that must have what is only there. */
const MIN_SHARE = 0.1;
/** Longer values are no words of a closed set; nor are those with digits, of which each day has its own. */
const WORDS = /^\D{1,40}$/;

/** @param calls In any order; their times must mean something. Null where nothing changed. */
export function answerChange(task: Task, calls: readonly Call[]): AnswerChange | null {
  const sorted = calls.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  const n = sorted.length;
  const forms = sorted.map((call) => formsOf(task, call));
  const places = new Map<string, number[]>();
  for (const [i, own] of forms.entries())
    for (const form of own) {
      const known = places.get(form);
      if (known) known.push(i);
      else places.set(form, [i]);
    }
  const spans = [...places]
    .filter(([, own]) => own.length >= Math.max(MIN_CALLS, MIN_FORM * n))
    .map(([form, own]) => ({
      form,
      first: own[Math.floor(STRAGGLERS * own.length)]!,
      last: own[own.length - 1 - Math.floor(STRAGGLERS * own.length)]!,
    }));
  let best: { cut: number; score: number; began: Set<string>; ended: Set<string> } | null = null;
  for (const { first: cut } of spans) {
    if (cut === 0) continue;
    const began = new Set(spans.filter(({ first }) => first >= cut).map(({ form }) => form));
    const ended = new Set(spans.filter(({ last }) => last < cut).map(({ form }) => form));
    if (began.size === 0 || ended.size === 0) continue;
    const has = (set: ReadonlySet<string>, from: number, to: number): number =>
      forms.slice(from, to).filter((own) => own.some((form) => set.has(form))).length / (to - from);
    const score = Math.min(has(began, cut, n), has(ended, 0, cut));
    if (score >= MIN_SHARE && score > (best?.score ?? 0)) best = { cut, score, began, ended };
  }
  if (best === null) return null;
  const cut = sharpest(forms, best);
  return {
    at: sorted[cut]!.at,
    before: cut,
    since: n - cut,
    ids: [...sorted.slice(Math.max(0, cut - 10), cut), ...sorted.slice(cut, cut + 10)].map(({ id }) => id),
  };
}

/** The place with the fewest calls on the wrong side: those with what began before it, and with what ended after it. */
function sharpest(
  forms: readonly (readonly string[])[],
  { began, ended }: { readonly began: ReadonlySet<string>; readonly ended: ReadonlySet<string> },
): number {
  let wrong = forms.filter((own) => own.some((form) => ended.has(form))).length;
  let [best, least] = [0, wrong];
  for (const [i, own] of forms.entries()) {
    if (own.some((form) => ended.has(form))) wrong--;
    if (own.some((form) => began.has(form))) wrong++;
    if (wrong < least) [best, least] = [i + 1, wrong];
  }
  return best;
}

/** What an answer is made of: the label; or tools, fields, and short values of fields. Texts are of no form. */
function formsOf(task: Task, { response }: Call): string[] {
  const answer = response === null ? '' : referenceOf(task, response);
  if (answer === '' || task.kind === 'text') return [];
  if (task.kind === 'label') return [answer];
  const parsed = parseAnswer('mixed', answer);
  if (parsed === null || parsed.kind === 'text') return [];
  const found = new Set<string>();
  if (parsed.kind === 'json') addForms(parsed.value, '', found);
  else
    for (const use of parsed.uses) {
      found.add(use.name);
      addForms(use.arguments, use.name, found);
    }
  return [...found];
}

function addForms(value: Json, path: string, found: Set<string>): void {
  if (Array.isArray(value)) for (const each of value) addForms(each, path, found);
  else if (isObject(value))
    for (const [key, inner] of Object.entries(value)) {
      found.add(`${path}/${key}`);
      addForms(inner, `${path}/${key}`, found);
    }
  else if (typeof value === 'string' && WORDS.test(value)) found.add(`${path}=${value}`);
}
