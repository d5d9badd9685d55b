/**
 * Equality of tool calls by the AST rules of the Berkeley Function Calling Leaderboard
 * (bfcl_eval/eval_checker/ast_eval/ast_checker.py): texts without spaces and the punctuation , . / - _ * ^, in lower
 * case; calls in any order; numbers by value. For comparison with published figures alone: an agent may well meet the
 * difference between `-created_at` and `created_at`.
 */
import { isObject, type Json } from '../../src/core/json.ts';

export interface RecordedCall {
  readonly name: string;
  readonly arguments: Json;
}

export function isSameByLeaderboard(want: readonly RecordedCall[], got: readonly RecordedCall[]): boolean {
  if (want.length !== got.length) return false;
  const left = [...got];
  return want.every((call) => {
    const at = left.findIndex((other) => other.name === call.name && isSame(call.arguments, other.arguments));
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}

function isSame(a: Json, b: Json): boolean {
  if (typeof a === 'string' && typeof b === 'string') return standardised(a) === standardised(b);
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => isSame(item, b[i]!));
  if (isObject(a)) {
    if (!isObject(b) || Object.keys(a).length !== Object.keys(b).length) return false;
    return Object.entries(a).every(([key, item]) => Object.hasOwn(b, key) && isSame(item, b[key]!));
  }
  return a === b;
}

/** The leaderboard's standardize_string. */
const standardised = (text: string): string =>
  text
    .replace(/[ ,./\-_*^]/g, '')
    .toLowerCase()
    .replaceAll("'", '"');
