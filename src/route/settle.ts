/**
 * Settles an audit in which the specialist and the LLM differ, by asking the LLM again: its single slips are not the
 * specialist's errors. The reference is the majority of two answers where they are the same, else of three; where no two
 * are the same, or none came, the first one. The gate's references are made by the same rule (evaluate/ask-again).
 * Does not: ask where they agree, which flatters the specialist by no more than the LLM's slips among its own errors.
 */
import type { CallResponse } from '../core/call.ts';

export interface Settling {
  /** One more answer of the LLM to the same request; null where none came that can be compared. */
  readonly again: () => Promise<CallResponse | null>;
  readonly isCorrect: (llm: CallResponse) => boolean;
  /** Whether two answers of the LLM come to the same. */
  readonly same: (a: CallResponse, b: CallResponse) => boolean;
}

/** Whether the specialist is correct after all, whose answer differs from `first`. */
export async function isCorrectByMajority(
  first: CallResponse,
  { again, isCorrect, same }: Settling,
): Promise<boolean> {
  const second = await again();
  if (second === null || same(first, second)) return false;
  const third = await again();
  return third !== null && same(second, third) && isCorrect(second);
}
