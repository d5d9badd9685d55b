/**
 * Lines by week as one SVG that stands alone (its colours are in it, for light and dark), with marks where something happened.
 * Does not: compute anything; every number is given.
 */
import { markup, styleSheet } from './markup.ts';

export interface Line {
  readonly name: string;
  /** One a week; null where there is none. */
  readonly values: readonly (number | null)[];
  readonly emphasis: 'main' | 'other';
}

export interface WeeksOptions {
  readonly marks: readonly {
    readonly name: string /** In weeks from the beginning. */;
    readonly at: number;
  }[];
  /** A bound to draw. */
  readonly limit?: number;
  /** Top of the axis. Default: a little over the largest value. */
  readonly max?: number;
}

const STYLE = `text{font:12px system-ui,sans-serif;fill:#57534e}line.grid{stroke:#d6d3d1}line.mark{stroke:#a8a29e;stroke-dasharray:2 3}line.limit{stroke:#c2410c;stroke-dasharray:6 4}path{fill:none;stroke-width:2}path.main{stroke:#2860c5}path.other{stroke:#b7790f}@media(prefers-color-scheme:dark){text{fill:#d6d3d1}line.grid{stroke:#44403c}path.main{stroke:#84abff}path.other{stroke:#e3b556}}`;

/** Values are shares: the axis is in per cent. */
export function weeksPlot(title: string, lines: readonly Line[], options: WeeksOptions): string {
  const [width, height, left, right, top, bottom] = [760, 300, 52, 16, 78, 34];
  const weeks = Math.max(2, ...lines.map(({ values }) => values.length));
  const values = lines.flatMap((line) => line.values.flatMap((value) => value ?? []));
  const max = options.max ?? Math.max(...values, 2 * (options.limit ?? 0), 1e-3) * 1.1;
  const x = (week: number): number => round(left + (week / (weeks - 1)) * (width - left - right));
  const y = (value: number): number => round(height - bottom - (value / max) * (height - top - bottom));
  const path = (line: Line): string =>
    line.values
      .map((value, i) =>
        value === null ? '' : `${i === 0 || line.values[i - 1] === null ? 'M' : 'L'}${x(i)} ${y(value)}`,
      )
      .join('');
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => part * max);
  return String(markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title} by week">
${styleSheet(STYLE)}
${ticks.map((tick) => markup`<line class="grid" x1="${left}" x2="${width - right}" y1="${y(tick)}" y2="${y(tick)}"/><text x="${left - 6}" y="${y(tick) + 4}" text-anchor="end">${percent(tick)}</text>`)}
${options.marks.map(({ name, at }, i) => markup`<line class="mark" x1="${x(at)}" x2="${x(at)}" y1="${top - 30 + (i % 3) * 12}" y2="${height - bottom}"/><text x="${x(at)}" y="${top - 34 + (i % 3) * 12}" text-anchor="${x(at) > width - 120 ? 'end' : 'middle'}">${name}</text>`)}
${options.limit === undefined ? null : markup`<line class="limit" x1="${left}" x2="${width - right}" y1="${y(options.limit)}" y2="${y(options.limit)}"/>`}
${lines.map((line) => markup`<path class="${line.emphasis}" d="${path(line)}"/>`)}
<text x="${left}" y="14">${title}: ${lines.map(({ name, emphasis }) => `${name} (${emphasis === 'main' ? 'blue' : 'amber'})`).join(', ')}</text>
${Array.from({ length: weeks }, (_, week) => (week % 2 === 0 ? markup`<text x="${x(week)}" y="${height - 12}" text-anchor="middle">week ${week + 1}</text>` : null))}
</svg>`);
}

const percent = (value: number): string => `${Number((value * 100).toFixed(1))} %`;
const round = (value: number): number => Math.round(value * 10) / 10;
