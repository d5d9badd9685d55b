/**
 * Whether two answers to a call come to the same, by the task's output kind and the configured equality.
 * Does not: ask a judge about texts that differ (audit-judging.ts).
 */
import { type Answer, targetOf } from '../core/answer.ts';
import type { CallResponse } from '../core/call.ts';
import { compareAnswers, schemasOf } from '../core/compare.ts';
import type { Config } from '../core/config.ts';
import { referenceOf } from '../core/reference.ts';
import type { Task } from '../core/task.ts';

export function answersAlike(equality: Config['equality']) {
  const alike = (task: Task, reference: string, other: string): boolean =>
    compareAnswers(task.kind, reference, other, schemasOf(task, equality)).right === true;
  return {
    /** A specialist's answer, and the LLM's. */
    isRight: (task: Task, answer: Answer, llm: CallResponse): boolean =>
      alike(task, referenceOf(task, llm), targetOf(answer)),
    /** Two answers of the LLM. */
    isSame: (task: Task, a: CallResponse, b: CallResponse): boolean =>
      alike(task, referenceOf(task, a), referenceOf(task, b)),
  };
}
