/** How many tokens a text has, without a tokenizer. */

/**
 * Four bytes to a token is OpenAI's rule of thumb for English (help.openai.com, "What are tokens and how to count
 * them?").
 */
export function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 4);
}
