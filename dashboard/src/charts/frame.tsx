/** What all charts share: a title, the figures as a table for who cannot see lines, colours, and the box of a tooltip. */
import type { ReactNode } from 'react';
import { useId } from 'react';
import { ResponsiveContainer } from 'recharts';
import { Scroll } from '../parts/scroll.tsx';

export interface Row {
  readonly key: string | number;
  readonly cells: readonly string[];
}

export function ChartFrame({
  title,
  summary,
  heads,
  rows,
  height = 200,
  legend,
  children,
}: {
  readonly title: string;
  /** What the chart shows, in a sentence. */
  readonly summary: string;
  readonly heads: readonly string[];
  readonly rows: readonly Row[];
  readonly height?: number;
  readonly legend?: readonly { readonly name: string; readonly mark: string }[];
  readonly children: ReactNode;
}) {
  const id = useId();
  return (
    <figure className="chart" aria-labelledby={id}>
      <figcaption>
        <h3 id={id}>{title}</h3>
        <span className="muted">{summary}</span>
      </figcaption>
      {legend && (
        <ul className="legend">
          {legend.map(({ name, mark }) => (
            <li key={name}>
              <i className={mark} aria-hidden="true" />
              {name}
            </li>
          ))}
        </ul>
      )}
      <div aria-hidden="true" className="plot">
        <ResponsiveContainer width="100%" height={height}>
          {children}
        </ResponsiveContainer>
      </div>
      <details>
        <summary>Show as a table</summary>
        <Scroll className="scroll low" label={`${title}, as a table`}>
          <table>
            <thead>
              <tr>
                {heads.map((head) => (
                  <th key={head} scope="col">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ key, cells }) => (
                <tr key={key}>
                  {cells.map((cell, i) => (
                    <td key={i}>{cell}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </details>
    </figure>
  );
}

export const AXIS = {
  stroke: 'var(--line)',
  tick: { fill: 'var(--muted)', fontSize: 11 },
  tickLine: false,
} as const;

export const TOOLTIP = {
  contentStyle: {
    background: 'var(--raised)',
    border: '1px solid var(--line)',
    borderRadius: 6,
    color: 'var(--text)',
    fontSize: 12,
  },
  itemStyle: { color: 'var(--text)' },
  labelStyle: { color: 'var(--muted)' },
  isAnimationActive: false,
} as const;
