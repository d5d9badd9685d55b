import type { RedactText } from './redact/redact-schema.ts';

/** A text that a redaction walks; a name or a choice is a word, which nobody is sought in. */
export interface WalkedText {
  readonly text: string;
  readonly isWord: boolean;
}

/** The texts that a redaction walks, in its order. */
export function textsOf(redacted: (redact: RedactText) => unknown): WalkedText[] {
  const texts: WalkedText[] = [];
  redacted((text, isWord = false) => {
    texts.push({ text, isWord });
    return text;
  });
  return texts;
}
