/** The texts that a redaction walks, in its order. */
export function textsOf(redacted: (redact: (text: string) => string) => unknown): string[] {
  const texts: string[] = [];
  redacted((text) => {
    texts.push(text);
    return text;
  });
  return texts;
}
