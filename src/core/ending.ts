/**
 * How an answer of the LLM ended, by the finish reasons of all providers, and whether it can be learnt from and compared
 * with: one rule for the dataset (curate/) and for audits (route/), so that what is promised is what is measured.
 * Does not: read finish reasons from bytes (wire/).
 */
import type { CallRequest, CallResponse, Message } from './call.ts';
import { tokenLimit } from './demands.ts';
import { isReasoningCutOff } from './reasoning.ts';
import { estimateTokens } from './tokens.ts';

/**
 * whole: the model ended by itself. cut: a limit of length did. filtered: a safety filter or the model's own refusal
 * did. failed: an error or a cancellation did. unknown: a reason that is not in the table.
 */
export type Ending = 'whole' | 'cut' | 'filtered' | 'failed' | 'unknown';

/**
 * Finish reasons in use, in lower case and with `_` for any other mark: of OpenAI (chat and Responses), Azure, Anthropic,
 * Gemini, Bedrock, Mistral, Cohere, Groq, Together, DeepSeek, xAI, OpenRouter, AI21, watsonx, TGI, vLLM, SGLang,
 * llama.cpp and Ollama.
 */
const REASONS: Readonly<Record<Exclude<Ending, 'unknown'>, readonly string[]>> = {
  whole: [
    'stop',
    'tool_calls',
    'function_call',
    'end_turn',
    'tool_use',
    'stop_sequence',
    'stop_token',
    'eos',
    'eos_token',
    'word',
    'complete',
    'completed',
    'tool_call',
    'endoftext',
    'end',
    'done',
    'finished',
    'finish_reason_stop',
  ],
  cut: [
    'length',
    'max_tokens',
    'model_length',
    'max_output_tokens',
    'max_length',
    'token_limit',
    'limit',
    'incomplete',
    'model_context_window_exceeded',
    'finish_reason_max_tokens',
    'error_limit',
    'pause_turn',
    'max_new_tokens',
    'max_context_length',
    'context_length',
    'context_length_exceeded',
  ],
  filtered: [
    'content_filter',
    'content_filtered',
    'safety',
    'recitation',
    'blocklist',
    'prohibited_content',
    'spii',
    'image_safety',
    'language',
    'refusal',
    'guardrail_intervened',
    'error_toxic',
    'moderation',
    'blocked',
    'image_prohibited_content',
    'image_recitation',
    'model_armor',
    'finish_reason_safety',
    'sensitive',
  ],
  failed: [
    'error',
    'other',
    'malformed_function_call',
    'unexpected_tool_call',
    'too_many_tool_calls',
    'no_image',
    'malformed_response',
    'missing_thought_signature',
    'image_other',
    'abort',
    'aborted',
    'cancelled',
    'canceled',
    'user_cancel',
    'timeout',
    'time_limit',
    'not_finished',
    'insufficient_system_resource',
    'malformed_model_output',
    'malformed_tool_use',
    'load',
    'unload',
    'network_error',
    'failed',
  ],
};

const ENDINGS: ReadonlyMap<string, Ending> = new Map(
  Object.entries(REASONS).flatMap(([ending, reasons]) =>
    reasons.map((reason) => [reason, ending as Ending] as const),
  ),
);

/** Longer finish reasons are in no table. */
const LONGEST_REASON = 64;

/** How an answer with this finish reason ended; providers differ in case and marks (`MAX_TOKENS`, `max-tokens`). */
export function endingOf(finishReason: string): Ending {
  if (finishReason.length > LONGEST_REASON) return 'unknown';
  const name = finishReason
    .trim()
    .replace(/[^a-z0-9]+/gi, '_')
    .toLowerCase();
  return ENDINGS.get(name) ?? 'unknown';
}

/** Why a response is no answer to learn from or to compare with. */
export type NoAnswer = 'broken-off' | 'truncated' | 'filtered' | 'failed' | 'unknown-ending';

/**
 * Null where the response is an answer: it ended by itself, or it was cut because the caller asked for so few tokens,
 * which is then the answer that the caller wants. Where a model's own limit cut it, nobody knows what it would have said.
 */
export function whyNoAnswer(request: Pick<CallRequest, 'params'>, response: CallResponse): NoAnswer | null {
  if (response.finishReason === null) return 'broken-off';
  switch (endingOf(response.finishReason)) {
    case 'whole':
      return null;
    case 'cut':
      return reachesLimit(request, response.message) ? null : 'truncated';
    case 'filtered':
      return 'filtered';
    case 'failed':
      return 'failed';
    case 'unknown':
      return 'unknown-ending';
  }
}

/** Whether a cut answer is about as long as the caller allowed; a factor of two for what the estimate cannot know. */
function reachesLimit(request: Pick<CallRequest, 'params'>, message: Message): boolean {
  const limit = tokenLimit(request);
  const text = message.content + (message.toolCalls ?? []).map((call) => call.name + call.arguments).join('');
  return limit !== null && !isReasoningCutOff(message.content) && 2 * estimateTokens(text) >= limit;
}
