/**
 * From pieces of a prompt to tokens, by llama.cpp's own tokenizer: the one place where trainer and server do it.
 * Does not: know any chat template (chat-template.ts), or load models.
 */
import type { LlamaModel, Token } from 'node-llama-cpp';
import type { PromptPiece } from './chat-template.ts';

/** The control token of a name, or null where the vocabulary has none. */
export function controlToken(model: LlamaModel, name: string): Token | null {
  const [token, ...more] = model.tokenize(name, true);
  return token !== undefined && more.length === 0 && model.getTokenAttributes(token).control ? token : null;
}

/** The tokens of a piece: no text ever gives a control token, whatever it says. */
export function pieceTokens(model: LlamaModel, piece: PromptPiece): Token[] {
  return 'special' in piece ? model.tokenize(piece.special, true) : model.tokenize(piece.text, false);
}
