/**
 * Calls that are no routine: answers in which the LLM declines, answers that are met too seldom to be learnt, calls that a session
 * makes again and again. Does not: leave any of them out (what routing cannot see must be proved with), or judge answers.
 */
import type { Call } from '../core/call.ts';
import type { Example } from '../core/dataset.ts';
import { referenceOf } from '../core/reference.ts';
import type { Task } from '../core/task.ts';
import { resemblance, shingles } from './similar.ts';

/** How answers begin in which an LLM declines, in the words of the large providers' models. */
const DECLINING =
  /^\W*(?:i(?:['’]m| am) (?:very |so |really )?sorry|(?:i )?apologi[sz]e|sorry, (?:but )?i|i(?:['’]m| am) (?:unable|not able)|i can(?:not|['’]t| not) (?:help|assist|do|comply|provide|fulfil|process|answer)|as an ai)\b/i;
const LOOKED_AT = 200;

/** Calls that were declined in words. */
export function declined(calls: readonly Call[]): readonly Call[] {
  return calls.filter(({ response }) => {
    const message = response?.message;
    return message && !message.toolCalls?.length && DECLINING.test(message.content.slice(0, LOOKED_AT));
  });
}

/** An answer with fewer calls is not learnt. */
const MIN_ANSWER = 10;

/** Calls with an answer of a closed set that is met less than ten times. */
export function rarelyAnswered(task: Task, calls: readonly Call[]): readonly Call[] {
  if (task.kind !== 'label') return [];
  const byAnswer = Map.groupBy(calls, ({ response }) => (response ? referenceOf(task, response) : ''));
  return [...byAnswer.values()].filter(({ length }) => length < MIN_ANSWER).flat();
}

/** A session with as many calls that hardly differ goes round in circles. */
const MIN_LOOP = 4;
const NEARLY = 0.8;

/** Calls that repeat the one before them in their session, or nearly, four times in a row or more. */
export function inLoops(examples: readonly Example[]): readonly Example[] {
  const out: Example[] = [];
  for (const session of Map.groupBy(examples, ({ sessionId }) => sessionId).values()) {
    const sorted = session.toSorted((a, b) => a.at - b.at);
    let run: Example[] = [];
    for (const example of sorted) {
      const last = run.at(-1);
      if (last && !isAlike(last.input, example.input)) {
        if (run.length >= MIN_LOOP) out.push(...run);
        run = [];
      }
      run.push(example);
    }
    if (run.length >= MIN_LOOP) out.push(...run);
  }
  return out;
}

const isAlike = (a: string, b: string): boolean => a === b || resemblance(shingles(a), shingles(b)) >= NEARLY;
