/**
 * What a language model need not write: where all answers of a task are JSON objects with the same keys in the same
 * order, the model learns and writes the values alone, one a line, and the keys are put back here. A form of three
 * fields takes 18 tokens instead of 22, and none of them is a foregone conclusion. The counterpart of leaving a prompt's
 * boilerplate out.
 * Does not: judge an answer (core/compare, wire).
 */
import { isObject, type Json, parseJson } from '../../core/json.ts';

/** The keys that all answers have in this order; null where they differ, or where an answer is no JSON object. */
export function answerKeysOf(answers: readonly string[]): readonly string[] | null {
  const first = keysOf(answers[0] ?? '');
  if (first === null || first.length === 0) return null;
  const same = (keys: readonly string[] | null): boolean =>
    keys !== null && keys.length === first.length && keys.every((key, i) => key === first[i]);
  return answers.every((answer) => same(keysOf(answer))) ? first : null;
}

/** The values of an answer, a line each; null where its keys are others. */
export function withoutKeys(keys: readonly string[], answer: string): string | null {
  const value = objectOf(answer);
  const own = value && Object.keys(value);
  if (!own || own.length !== keys.length || own.some((key, i) => key !== keys[i])) return null;
  return keys.map((key) => JSON.stringify(value[key])).join('\n');
}

/** The inverse of withoutKeys; '' where the text is not one JSON value a line for each key. */
export function withKeys(keys: readonly string[], text: string): string {
  const values = text.split('\n').map(parseJson);
  if (values.length !== keys.length || values.includes(undefined)) return '';
  return JSON.stringify(Object.fromEntries(keys.map((key, i) => [key, values[i]])));
}

const keysOf = (answer: string): readonly string[] | null => {
  const value = objectOf(answer);
  return value && Object.keys(value);
};

/** The object that an answer is, where writing it again gives the same text; null otherwise. */
function objectOf(answer: string): { readonly [key: string]: Json } | null {
  const value = parseJson(answer);
  return value !== undefined && isObject(value) && JSON.stringify(value) === answer ? value : null;
}
