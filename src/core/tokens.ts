/** How many tokens a text has, without a tokenizer. */
import type { CallRequest, Message, Tool, Usage } from './call.ts';

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
  const bytes = messages.reduce(
    (sum, message) => sum + bytesOf(message),
    tools.length > 0 ? bytesOf(tools) : 0,
  );
  return {
    promptTokens: Math.ceil(bytes / 4),
    completionTokens: estimateTokens(textOf(answer)),
    cachedTokens: 0,
  };
}

/** Of messages and tools, which are the same objects with every call of a conversation. */
const bytesBefore = new WeakMap<object, number>();

function bytesOf(said: Message | readonly Tool[]): number {
  let bytes = bytesBefore.get(said);
  if (bytes === undefined) {
    bytes = Buffer.byteLength('role' in said ? textOf(said) : JSON.stringify(said));
    bytesBefore.set(said, bytes);
  }
  return bytes;
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
