/** A table that is sorted by its heads. On a phone it scrolls sideways by itself. */
import {
  type ColumnDef,
  createSortedRowModel,
  rowSortingFeature,
  type SortingState,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { useState } from 'react';
import { Scroll } from './scroll.tsx';

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });

export type Columns<T extends object> = ReadonlyArray<ColumnDef<typeof features, T, unknown>>;

export function DataTable<T extends object>({
  caption,
  columns,
  rows,
  numeric,
  sorted = [],
}: {
  readonly caption: string;
  readonly columns: Columns<T>;
  readonly rows: readonly T[];
  /** Ids of columns that are set to the right. */
  readonly numeric: readonly string[];
  readonly sorted?: SortingState;
}) {
  const [sorting, setSorting] = useState<SortingState>(sorted);
  const table = useTable({
    features,
    columns: columns as ColumnDef<typeof features, T, unknown>[],
    data: rows as T[],
    state: { sorting },
    onSortingChange: setSorting,
    enableSortingRemoval: false,
  });
  const align = (id: string): string | undefined => (numeric.includes(id) ? 'number' : undefined);
  return (
    <Scroll label={caption}>
      <table>
        <caption className="hidden">{caption}</caption>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {group.headers.map((header) => {
                const direction = header.column.getIsSorted();
                return (
                  <th
                    key={header.id}
                    scope="col"
                    className={align(header.column.id)}
                    aria-sort={
                      direction === 'asc' ? 'ascending' : direction === 'desc' ? 'descending' : undefined
                    }
                  >
                    {header.column.getCanSort() ? (
                      <button
                        type="button"
                        className="sort"
                        onClick={header.column.getToggleSortingHandler()}
                      >
                        <table.FlexRender header={header} />
                        <span aria-hidden="true">
                          {direction === 'asc' ? ' ↑' : direction === 'desc' ? ' ↓' : ''}
                        </span>
                      </button>
                    ) : (
                      <table.FlexRender header={header} />
                    )}
                  </th>
                );
              })}
            </tr>
          ))}
        </thead>
        <tbody>
          {table.getRowModel().rows.map((row) => (
            <tr key={row.id}>
              {row.getAllCells().map((cell) => (
                <td key={cell.id} className={align(cell.column.id)}>
                  <table.FlexRender cell={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
