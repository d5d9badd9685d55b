/** A table whose rows stay in their order. On a phone it scrolls sideways by itself. Sorted by its heads: data-table.tsx. */
import type { ReactNode } from 'react';
import { Scroll } from './scroll.tsx';

interface Column<T> {
  readonly name: string;
  readonly cell: (row: T) => ReactNode;
  /** Set to the right. */
  readonly isNumber?: boolean;
}

export function Table<T>({
  label,
  columns,
  rows,
  keyOf,
  classOf,
}: {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
  /** A row's class. Default: none. */
  readonly classOf?: (row: T) => string | undefined;
}) {
  const align = ({ isNumber }: Column<T>): string | undefined => (isNumber ? 'number' : undefined);
  return (
    <Scroll label={label}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" className={align(column)}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} className={classOf?.(row)}>
              {columns.map((column) => (
                <td key={column.name} className={align(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
