/**
 * Greedy decoding of one request in a sequence of llama.cpp, with token probabilities. What the sequence holds of its last
 * request, and a draft of the answer, save work and never change the result.
 * Does not: choose the sequence (language.ts).
 */
import type { ControlledEvaluateIndexOutput, LlamaContextSequence, Token } from 'node-llama-cpp';
import { UnderstudyError } from '../../core/errors.ts';
import { requestCancelled } from '../cancelled.ts';
import type { Progress } from './pulse.ts';

export interface TokenProbability {
  readonly text: string;
  readonly logprob: number;
}

export interface Completion {
  readonly text: string;
  /** The answer's tokens, and the end-of-answer token where the model wrote it. */
  readonly tokens: readonly TokenProbability[];
  readonly finish: 'stop' | 'length';
  readonly promptTokens: number;
  /** Of the prompt's tokens those that an earlier request had left behind. */
  readonly cachedTokens: number;
}

/**
 * Probabilities are a softmax over this many of the likeliest tokens. Over all 49,152, node-llama-cpp sorts them
 * first, which takes 4 ms a token; over these 0.1 ms. What is left out is negligible wherever an answer is sure.
 */
const LIKELIEST = 128;

const ASK = {
  generateNext: {
    probabilities: true,
    options: { temperature: 1, topK: LIKELIEST, topP: 1, minP: 0, seed: 0 },
  },
} as const;

/**
 * Writes the likeliest token until the end of the answer. A draft goes through the model together with the prompt;
 * its tokens count as long as each is what the model would have written.
 */
export async function greedy(
  sequence: LlamaContextSequence,
  prompt: readonly Token[],
  draft: readonly Token[],
  max: number,
  signal: AbortSignal,
  progress: Progress,
): Promise<Completion> {
  const { model } = sequence;
  const tokens: Token[] = [];
  const probabilities: TokenProbability[] = [];
  const kept = await progress.step(() => keepPrefix(sequence, prompt));
  const finish = (reason: 'stop' | 'length'): Completion => ({
    text: model.detokenize(tokens),
    tokens: probabilities,
    finish: reason,
    promptTokens: prompt.length,
    cachedTokens: kept,
  });
  /** Takes the model's choice after a position; tells whether the answer is over. */
  const take = (output: ControlledEvaluateIndexOutput | undefined): 'stop' | 'length' | Token => {
    const [token, probability] = likeliest(output);
    probabilities.push({ text: model.detokenize([token], true), logprob: Math.log(probability) });
    if (model.isEogToken(token)) return 'stop';
    tokens.push(token);
    return tokens.length >= max ? 'length' : token;
  };

  const checked = draft.slice(0, max - 1);
  const outputs = await progress.step(() =>
    sequence.controlledEvaluate([
      ...prompt.slice(kept, -1),
      ...[...prompt.slice(-1), ...checked].map((token): [Token, typeof ASK] => [token, ASK]),
    ]),
  );
  const last = prompt.length - 1 - kept;
  let next = take(outputs[last]);
  for (const [k, token] of checked.entries()) {
    if (next !== token) {
      const start = prompt.length + k;
      if (typeof next === 'number')
        await sequence.eraseContextTokenRanges([{ start, end: sequence.nextTokenIndex }]);
      break;
    }
    next = take(outputs[last + 1 + k]);
  }
  while (typeof next === 'number') {
    if (signal.aborted) throw requestCancelled();
    const token = next;
    const [output] = await progress.step(() => sequence.controlledEvaluate([[token, ASK]]));
    next = take(output);
  }
  return finish(next);
}

/** A shared beginning of fewer tokens is read again: that costs less than asking whether the cache can be cut there. */
const MIN_SHARED = 8;

/**
 * Cuts what the sequence holds of its last request down to what this prompt begins with too, but for its last token, after
 * which the model is asked. @returns How many tokens of the prompt it holds then.
 */
async function keepPrefix(sequence: LlamaContextSequence, prompt: readonly Token[]): Promise<number> {
  const { isRecurrent, isHybrid, swaSize } = sequence.model.fileInsights;
  // Neither a state nor the keys of a sliding window can be cut back to any token.
  const canBeCut = !isRecurrent && !isHybrid && swaSize === undefined;
  const held = sequence.contextTokens;
  let shared = 0;
  while (shared < Math.min(held.length, prompt.length - 1) && held[shared] === prompt[shared]) shared++;
  if (!canBeCut || shared < MIN_SHARED) await sequence.clearHistory();
  else await sequence.eraseContextTokenRanges([{ start: shared, end: sequence.nextTokenIndex }]);
  return sequence.nextTokenIndex;
}

/** The map of probabilities comes sorted, likeliest first. */
function likeliest(output: ControlledEvaluateIndexOutput | undefined): readonly [Token, number] {
  const first = output?.next.probabilities?.entries().next().value;
  if (first === undefined)
    throw new UnderstudyError('internal', 'The model gave no probabilities.', { hint: 'Report this.' });
  return first;
}
