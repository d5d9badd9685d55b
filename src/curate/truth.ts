/**
 * What feedback makes known of a call: the answer that is correct, beside the one that was given.
 * Does not: decide what a held-back call is compared with (dataset.ts), or compare (evaluate/truth.ts).
 */
import type { Call, CallResponse, Message } from '../core/call.ts';
import type { Dataset, Example, SplitOrder, Truth } from '../core/dataset.ts';
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

/** As it is taught: the truth, where it is known. */
export function taught(example: Example): Example {
  return example.truth ? { ...example, answer: example.truth.correct } : example;
}

/** The same of a call that somebody corrected, or why it teaches nothing. */
export function taughtOrWhyNot(example: Example): Example | string {
  return example.truth?.correct === '' ? 'wrong' : taught(example);
}

/**
 * Whether a call that only teaches may: its session has no held-back call, and it came before all of them where times mean
 * anything, as whatever is learnt from does.
 * @param byId The calls of the examples.
 */
export function mayTeach(
  heldBack: readonly Example[],
  byId: ReadonlyMap<string, Call>,
  order: SplitOrder,
): (call: Call) => boolean {
  const first = heldBack.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY);
  const held = new Set(heldBack.map(({ callId }) => byId.get(callId)?.sessionId));
  return ({ sessionId, at }) => !held.has(sessionId) && (order !== 'time' || at < first);
}

/** The splits by what decides: examples without what is known beside their answers. */
export function withoutTruth(splits: Dataset['splits']): Dataset['splits'] {
  const bare = (examples: readonly Example[]): Example[] => examples.map(({ truth: _, ...rest }) => rest);
  const { train, validation, calibration, exam } = splits;
  return {
    train: bare(train),
    validation: bare(validation),
    calibration: bare(calibration),
    exam: bare(exam),
  };
}
