/** How many tokens a text has, without a tokenizer. */
import type { CallRequest, Message, Usage } from './call.ts';

/**
 * Four bytes to a token is OpenAI's rule of thumb for English (help.openai.com, "What are tokens and how to count
 * them?").
 */
export function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 4);
}

/** What a call would be charged for, about: where the provider does not say, as in streams that were not asked to. */
export function estimateUsage(
  { messages, tools }: Pick<CallRequest, 'messages' | 'tools'>,
  answer: Message,
): Usage {
  const written = messages.map(textOf).join('') + (tools.length > 0 ? JSON.stringify(tools) : '');
  return {
    promptTokens: estimateTokens(written),
    completionTokens: estimateTokens(textOf(answer)),
    cachedTokens: 0,
  };
}

function textOf({ content, toolCalls = [] }: Message): string {
  return content + toolCalls.map((call) => call.name + call.arguments).join('');
}

/** English and JSON come to about this many characters per token of a small model's vocabulary. */
const CHARACTERS_PER_TOKEN = 3.5;
/** The control tokens of a chat template. */
const TEMPLATE_TOKENS = 12;

/** Tokens that a small language model reads and writes for an example, about. */
export function exampleTokens({
  input,
  answer,
}: {
  readonly input: string;
  readonly answer: string;
}): number {
  return Math.ceil((input.length + answer.length) / CHARACTERS_PER_TOKEN) + TEMPLATE_TOKENS;
}
