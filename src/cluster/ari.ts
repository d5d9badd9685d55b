/** How well two clusterings agree. */

/**
 * Adjusted Rand index (Hubert & Arabie 1985, "Comparing partitions"): 1 for equal clusterings, about 0 for chance,
 * negative for worse. `a[i]` and `b[i]` name the clusters of item i.
 */
export function adjustedRandIndex(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  const n = Math.min(a.length, b.length);
  const rows = new Map<string | number, number>();
  const columns = new Map<string | number, number>();
  const cells = new Map<string | number, Map<string | number, number>>();
  for (let i = 0; i < n; i++) {
    const [x, y] = [a[i]!, b[i]!];
    rows.set(x, (rows.get(x) ?? 0) + 1);
    columns.set(y, (columns.get(y) ?? 0) + 1);
    const row = cells.get(x) ?? new Map<string | number, number>();
    row.set(y, (row.get(y) ?? 0) + 1);
    cells.set(x, row);
  }
  const pairsIn = (counts: Iterable<number>) => {
    let sum = 0;
    for (const count of counts) sum += (count * (count - 1)) / 2;
    return sum;
  };
  const both = pairsIn([...cells.values()].flatMap((row) => [...row.values()]));
  const inRows = pairsIn(rows.values());
  const inColumns = pairsIn(columns.values());
  const all = (n * (n - 1)) / 2;
  const expected = all === 0 ? 0 : (inRows * inColumns) / all;
  const most = (inRows + inColumns) / 2;
  // Both all in one, or both all apart: equal, and the formula is 0/0.
  return most === expected ? 1 : (both - expected) / (most - expected);
}
