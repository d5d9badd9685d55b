/**
 * What a prompted model is sent, the caller's own request for another model, and what its answers say: the answer that most
 * samples give, its signals, and the tokens that it took.
 * Does not: speak to a server (prompted.ts). Pure.
 */
import { answerOf, targetOf } from '../core/answer.ts';
import type { CallRequest, CallResponse } from '../core/call.ts';
import { whyNoAnswer } from '../core/ending.ts';
import { UnderstudyError } from '../core/errors.ts';
import { canonicalJson, isObject, type Json, type JsonObject, parseJson } from '../core/json.ts';
import type { Prediction, Signals } from '../core/specialist.ts';
import { requestToJson } from '../wire/openai-chat-request.ts';
import { responseFromJson } from '../wire/openai-chat-response.ts';
import { signalsOf } from './llama.ts';
import type { Prompted } from './prompted-artefact.ts';

/** Of a caller's parameters: what names somebody, belongs to one provider, or asks for more than one answer. */
const DROPPED = [
  'stream_options',
  'user',
  'metadata',
  'store',
  'safety_identifier',
  'prompt_cache_key',
  'service_tier',
  'logprobs',
  'top_logprobs',
  'n',
  'seed',
  'temperature',
  'top_p',
  'prediction',
  'reasoning_effort',
];

/** A request of nothing but a text. */
export const bareRequest = (input: string): CallRequest => ({
  model: '',
  messages: [{ role: 'user', content: input }],
  tools: [],
  stream: false,
  params: {},
});

/** The caller's request for another model, which is to answer as it is surest. */
export function bodyOf({ model, maxTokens }: Prompted, request: CallRequest): JsonObject {
  const params = Object.fromEntries(
    Object.entries(request.params).filter(([name]) => !DROPPED.includes(name)),
  ) as JsonObject;
  const isLimited = ['max_tokens', 'max_completion_tokens'].some((name) => params[name] !== undefined);
  return {
    ...requestToJson({ ...request, model, params, stream: false }),
    ...(isLimited ? {} : { max_tokens: maxTokens }),
    temperature: 0,
  };
}

/** The answer that most samples give, the first counting where it is a tie; one that was cut off is none. */
export function answerIn(
  request: CallRequest,
  answers: readonly Json[],
  logprobs: boolean,
): Pick<Prediction, 'answer' | 'signals'> {
  const responses = answers.map((answer) => {
    const response = responseFromJson(answer);
    if (response !== null) return response;
    throw new UnderstudyError('internal', 'The model server gave an answer that cannot be read.', {
      hint: 'Check that it offers OpenAI’s chat completions.',
    });
  });
  const texts = responses.map((response) => textOf(request, response));
  if (logprobs) {
    const given = logprobsOf(answers[0]!);
    return texts[0] === ''
      ? noAnswer(true)
      : { answer: texts[0]!, signals: { answered: 1, ...signalsOf(given) } };
  }
  const votes = Map.groupBy(texts, comparable);
  const [best] = [...votes.values()].sort((a, b) => b.length - a.length);
  const [answer = ''] = best ?? [];
  if (answer === '') return noAnswer(false);
  return { answer, signals: { answered: 1, agreement: (best!.length + 0.5) / (texts.length + 1) } };
}

const textOf = (request: CallRequest, response: CallResponse): string =>
  whyNoAnswer(request, response) === null ? targetOf(answerOf(response)) : '';

/** Answers that differ in spaces, case or the order of keys alone are one. */
function comparable(answer: string): string {
  return answer
    .split('\n')
    .map((line) => {
      const brace = line.indexOf('{');
      const value = brace < 0 ? undefined : parseJson(line.slice(brace));
      return value === undefined ? line.trim().toLowerCase() : line.slice(0, brace) + canonicalJson(value);
    })
    .join('\n');
}

/** Unsure by every signal there may be: one that is missing anywhere is used nowhere. */
export function noAnswer(logprobs: boolean): Pick<Prediction, 'answer' | 'signals'> {
  const signals: Signals = logprobs ? { answered: 0, ...signalsOf([]) } : { answered: 0, agreement: 0 };
  return { answer: '', signals };
}

/** Of each token of the answer; empty where the server gives none. */
export function logprobsOf(answer: Json): readonly number[] {
  const choice = isObject(answer) && Array.isArray(answer.choices) ? answer.choices[0] : undefined;
  const content = isObject(choice) && isObject(choice.logprobs) ? choice.logprobs.content : undefined;
  if (!Array.isArray(content)) return [];
  return content.flatMap((item) =>
    isObject(item) && typeof item.logprob === 'number' ? [item.logprob] : [],
  );
}

/** Tokens, all answers together. */
export function usageOf(answers: readonly Json[]): NonNullable<Prediction['usage']> {
  const usages = answers.map((answer) => responseFromJson(answer)?.usage);
  const sum = (of: 'promptTokens' | 'completionTokens'): number =>
    usages.reduce((total, usage) => total + (usage?.[of] ?? 0), 0);
  return { promptTokens: sum('promptTokens'), completionTokens: sum('completionTokens') };
}
