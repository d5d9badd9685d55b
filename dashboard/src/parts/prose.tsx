/** A text of the API, in which what stands between backticks is code. */
export function Prose({ text }: { readonly text: string }) {
  return text.split('`').map((piece, i) => (i % 2 === 1 ? <code key={i}>{piece}</code> : piece));
}
