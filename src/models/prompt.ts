/**
 * The prompt a small language model is trained and served with. The trainer and the server share it, so that
 * both see the same tokens.
 * Does not: tokenise. Whoever does must tokenise `text` pieces without special-token parsing, so that no input
 * can inject control tokens, and `special` pieces as the one token they name.
 */

export type PromptPiece = { readonly special: string } | { readonly text: string };

/** Written by the model when its answer is complete. */
export const END_OF_ANSWER = '<|im_end|>';

/** The ChatML prompt for one input, without a system message: what comes after it is the answer. */
export function promptPieces(input: string): readonly PromptPiece[] {
  return chatPieces([{ role: 'user', content: input }]);
}

/** The ChatML prompt for a conversation: each message, then the opening of the assistant's turn. */
export function chatPieces(
  messages: readonly { readonly role: string; readonly content: string }[],
): readonly PromptPiece[] {
  return [
    ...messages.flatMap(({ role, content }): PromptPiece[] => [
      { special: '<|im_start|>' },
      { text: `${role}\n${content}` },
      { special: '<|im_end|>' },
      { text: '\n' },
    ]),
    { special: '<|im_start|>' },
    { text: 'assistant\n' },
  ];
}
