/** Aligned tables and a little colour for the terminal. */
import { stripVTControlCharacters } from 'node:util';

interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** How the text will be shown. */
export interface TextStyle {
  readonly color: boolean;
}

/** What a text is laid out for. `width`: in characters. */
export interface Page extends TextStyle {
  readonly width: number;
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;

/** The text in a colour, or as it is where colours are not shown. */
export function paint(style: TextStyle, code: keyof typeof CODES, text: string): string {
  return style.color ? `\x1b[${CODES[code]}m${text}\x1b[0m` : text;
}

/**
 * Rows under their titles, two spaces apart, indented by two. Cells may be painted: their width is that of what is
 * seen. Columns in which every cell is empty are left out.
 */
export function table(
  style: TextStyle,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const used = columns.map((_, i) => rows.some((row) => (row[i] ?? '') !== ''));
  const widths = columns.map((column, i) =>
    Math.max(seen(column.title), ...rows.map((row) => seen(row[i] ?? ''))),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .flatMap((column, i) => (used[i] ? [pad(cells[i] ?? '', widths[i] ?? 0, column.align ?? 'left')] : []))
      .join('  ')
      .trimEnd();
  const head = paint(style, 'dim', line(columns.map((column) => column.title)));
  return [head, ...rows.map(line)].map((text) => `  ${text}`).join('\n');
}

/** At most `length` characters, the last one an ellipsis where something was cut. */
export function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).trimEnd()}…`;
}

/** The text in lines of at most `width` characters, each after `indent` spaces. */
export function wrap(text: string, width: number, indent: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + word.length + 1 > width - indent) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((part) => ' '.repeat(indent) + part).join('\n');
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const gap = ' '.repeat(Math.max(0, width - seen(text)));
  return align === 'left' ? text + gap : gap + text;
}

/** Characters seen: colour codes take no room. */
function seen(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}
