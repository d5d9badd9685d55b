/**
 * The LLM's answer to a call as specialists of a task are taught it and compared with it: one function for the dataset,
 * for answers that the LLM is asked for again, and for audits.
 */
import { type Answer, answerOf, argumentsOf, parseAnswer, targetOf, unfence } from './answer.ts';
import type { CallResponse } from './call.ts';
import { isSafeJson } from './exact-json.ts';
import { labelOf } from './label.ts';
import { withoutReasoning } from './reasoning.ts';
import type { Task } from './task.ts';

/**
 * Why no specialist of the task can give the LLM's answer. It cannot be taught, but it stays among the calls that are
 * held back: whoever answers such a call is wrong. unsafe-number: one that reading JSON would change unseen, such as an
 * integer above 2^53. other-kind: a tool call where the task's answers are texts, or a text that reads like one.
 */
export type NotGiven = 'broken-tool-call' | 'unsafe-number' | 'other-kind';

export function whyNotGiven(task: Pick<Task, 'kind'>, response: CallResponse): NotGiven | null {
  const calls = response.message.toolCalls ?? [];
  if (calls.some((call) => call.name === '' || argumentsOf(call) === undefined)) return 'broken-tool-call';
  if (calls.length > 0 && (task.kind === 'label' || task.kind === 'text')) return 'other-kind';
  const answer = givenAnswer(task, response);
  const couldBeCall = task.kind === 'tool' || task.kind === 'mixed';
  if (couldBeCall && answer.kind !== 'tool' && parseAnswer(task.kind, targetOf(answer))?.kind === 'tool')
    return 'other-kind';
  const texts =
    answer.kind === 'json'
      ? [unfence(withoutReasoning(response.message.content))]
      : calls.flatMap((call) => (call.custom ? [] : [call.arguments]));
  return texts.every(isSafeJson) ? null : 'unsafe-number';
}

/**
 * The answer as it would be given to a caller. Where answers may be texts, a text is given as it is, since whoever reads it
 * may look for its fence.
 */
function givenAnswer({ kind }: Pick<Task, 'kind'>, response: CallResponse): Answer {
  const answer = answerOf(response);
  if (answer.kind !== 'json' || (kind !== 'text' && kind !== 'mixed')) return answer;
  const text = withoutReasoning(response.message.content);
  return kind === 'mixed' && !text.startsWith('`') ? answer : { kind: 'text', text };
}

/** As targetOf writes it, labels in the task's spelling; '' where no specialist can give it. */
export function referenceOf(task: Pick<Task, 'kind' | 'labels'>, response: CallResponse): string {
  if (whyNotGiven(task, response) !== null) return '';
  if (task.kind !== 'label') return targetOf(givenAnswer(task, response));
  const text = withoutReasoning(response.message.content);
  return targetOf({ kind: 'text', text: labelOf(task.labels, text) });
}
