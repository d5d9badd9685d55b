/**
 * What feedback makes known of a call: the answer that is correct, beside the one that was given.
 * Does not: decide what a held-back call is compared with (dataset.ts), or compare (evaluate/truth.ts).
 */
import type { Call, CallResponse, Message } from '../core/call.ts';
import type { Truth } from '../core/dataset.ts';
import { referenceOf } from '../core/reference.ts';
import type { Task } from '../core/task.ts';

/** The response as it should have been. */
export function correctedResponse(response: CallResponse, message: Message): CallResponse {
  const { alternatives: _, ...rest } = response;
  return { ...rest, message, finishReason: message.toolCalls ? 'tool_calls' : 'stop' };
}

/** Undefined where nothing is known. A correction says more than a word on whether the output is correct. */
export function truthOf(task: Task, { response, feedback, served }: Call): Truth | undefined {
  if (!response || !feedback) return undefined;
  const { correction, correct } = feedback;
  const llm = served.by === 'llm' ? referenceOf(task, response) : null;
  if (correction) return { correct: referenceOf(task, correctedResponse(response, correction)), llm };
  if (correct === undefined || llm === null) return undefined;
  return { correct: correct ? llm : '', llm };
}
