/**
 * Markup that is escaped unless it was made here: names of tasks come from prompts, and prompts from anyone.
 */

/** Text that is markup already. Made only by the `markup` tag, so it cannot be had from data. */
class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toString(): string {
    return this.text;
  }
}

export type { Markup };

type Piece = Markup | string | number | null | readonly Piece[];

/** A template tag: strings and numbers put in are escaped for text and quoted attributes, markup is kept. */
export function markup(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  let text = strings[0] ?? '';
  pieces.forEach((piece, i) => {
    text += render(piece) + (strings[i + 1] ?? '');
  });
  return new Markup(text);
}

/** A style sheet of our own, put in as it is; never give it data. */
export function styleSheet(css: string): Markup {
  return new Markup(`<style>${css}</style>`);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function render(piece: Piece): string {
  if (piece === null) return '';
  if (piece instanceof Markup) return piece.text;
  if (Array.isArray(piece)) return piece.map(render).join('');
  // Control characters have no place in HTML, not even escaped.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is being taken out.
  return String(piece).replace(/[&<>"'\x00-\x08\x0b\x0c\x0e-\x1f]/g, (char) => ENTITIES[char] ?? '�');
}
