/**
 * OpenAI chat completions, the log-probabilities that a caller asked for: what else the LLM might have answered. Teacher
 * and student have different tokenizers, so what is kept is text (how another answer begins), not tokens.
 * Does not: ask for log-probabilities, or know which answers there are (curate/soft).
 */
import { answerOfMessage } from '../core/answer.ts';
import type { Alternative, Message } from '../core/call.ts';
import { isObject, type Json, type JsonObject } from '../core/json.ts';

/** Characters of an answer, and of a start: what a label has at most, with room to spare (cluster/kind). */
const LONGEST = 100;
/** Less likely starts teach nothing, and every one is stored. */
const LEAST = 0.01;
const MOST = 8;
/** Log-probabilities are rounded: those of one position may add up to a little more than 1. */
const WHOLE = 1.001;

interface Token {
  readonly text: string;
  readonly probability: number;
}

/** Gathers the tokens of a choice, streamed or whole; of a long answer only so many that it is seen to be long. */
export function logprobsCollector(): { add(choice: JsonObject): void; readonly tokens: readonly Json[] } {
  const tokens: Json[] = [];
  return {
    tokens,
    add({ logprobs }) {
      if (!isObject(logprobs) || !Array.isArray(logprobs.content)) return;
      tokens.push(...logprobs.content.slice(0, LONGEST + 1 - tokens.length));
    },
  };
}

/**
 * The likeliest other answers, by how they begin, likeliest first: the chosen tokens up to some position, then another
 * one. A field to spread into a response: absent where there is none, where the answer is long or no plain text, or
 * where the tokens are malformed or not the answer's (a model's thinking has tokens, too). Never throws.
 * @param tokens As in `choices[0].logprobs.content`.
 */
export function alternativesOf(
  message: Message,
  tokens: readonly Json[],
): { readonly alternatives?: readonly Alternative[] } {
  if (tokens.length === 0 || message.content.length > LONGEST) return {};
  if (message.mediaParts !== undefined || answerOfMessage(message).kind !== 'text') return {};
  const found: Alternative[] = [];
  let start = '';
  let before = 1;
  for (const raw of tokens) {
    const position = positionFromJson(raw);
    // Where the tokens are no longer the answer's, each start would be as long as all of them.
    if (position === null || start.length > message.content.length) return {};
    for (const { text, probability } of position.others)
      found.push({ start: start + text, probability: before * probability });
    start += position.chosen.text;
    before *= position.chosen.probability;
  }
  if (start !== message.content) return {};
  const alternatives = found
    // Another spelling in tokens of the same beginning is no other answer.
    .filter((other) => other.probability >= LEAST && !start.startsWith(other.start))
    .filter((other) => other.start.length <= LONGEST)
    .sort((a, b) => b.probability - a.probability)
    .slice(0, MOST)
    .map((other) => ({ start: other.start, probability: Number(other.probability.toFixed(4)) }));
  return alternatives.length > 0 ? { alternatives } : {};
}

/** The chosen token and the others of its position; null where they are malformed or their probabilities are none. */
function positionFromJson(raw: Json): { readonly chosen: Token; readonly others: readonly Token[] } | null {
  const chosen = tokenFromJson(raw);
  if (chosen === null || !isObject(raw)) return null;
  const others: Token[] = [];
  for (const item of Array.isArray(raw.top_logprobs) ? raw.top_logprobs : []) {
    const token = tokenFromJson(item);
    if (token === null) return null;
    if (token.text !== chosen.text) others.push(token);
  }
  const sum = others.reduce((total, { probability }) => total + probability, chosen.probability);
  return sum <= WHOLE ? { chosen, others } : null;
}

function tokenFromJson(raw: Json): Token | null {
  if (!isObject(raw) || typeof raw.token !== 'string' || typeof raw.logprob !== 'number') return null;
  return { text: raw.token, probability: Math.exp(raw.logprob) };
}
