/**
 * Soft targets of a label: from how other answers begin, as the LLM's log-probabilities tell, to the task's other labels
 * with their probabilities (distillation: Hinton, Vinyals and Dean 2015, arXiv 1503.02531).
 * Does not: read log-probabilities (wire/openai-chat-logprobs) or train with them (train/embedded).
 */
import type { Alternative } from '../core/call.ts';
import type { SoftTarget } from '../core/dataset.ts';

/** Each soft target is a sample of its own to train on; below this, one teaches less than it costs. */
const LEAST = 0.05;

/**
 * The other labels that the LLM might have given, likeliest first. A beginning counts for a label where that is the
 * only one that begins so; what begins several labels, or none, is left with the answer.
 * @param labels The task's labels as far as they may be known, the answer among them; trimmed, as labels are.
 */
export function softTargets(
  answer: string,
  alternatives: readonly Alternative[],
  labels: readonly string[],
): readonly SoftTarget[] {
  const sums = new Map<string, number>();
  for (const { start, probability } of alternatives) {
    const [label, ...more] = labels.filter((each) => each.startsWith(start.trimStart()));
    if (label === undefined || more.length > 0 || label === answer) continue;
    sums.set(label, (sums.get(label) ?? 0) + probability);
  }
  const soft = [...sums]
    .map(([label, sum]) => ({ answer: label, probability: Number(sum.toFixed(4)) }))
    .filter(({ probability }) => probability >= LEAST)
    .sort((a, b) => b.probability - a.probability || (a.answer < b.answer ? -1 : 1));
  const all = soft.reduce((total, { probability }) => total + probability, 0);
  // Nothing is left for the answer only where the numbers are no probabilities.
  return all < 1 ? soft : [];
}
