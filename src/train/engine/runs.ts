/** Cuts a step into runs of the graph that fit in memory. */

/**
 * Longest samples first, so that a run holds like lengths and little padding.
 * @param fits Whether these samples, the longest first, may go through the graph at once; a single one always does.
 */
export function cutRuns<T extends { readonly ids: readonly number[] }>(
  samples: readonly T[],
  fits: (run: readonly T[]) => boolean,
): readonly (readonly T[])[] {
  const runs: T[][] = [];
  for (const sample of samples.toSorted((a, b) => b.ids.length - a.ids.length)) {
    const run = runs.at(-1);
    if (run && fits([...run, sample])) run.push(sample);
    else runs.push([sample]);
  }
  return runs;
}

/** Tokens of the run, without padding. */
export function tokensOf(run: readonly { readonly ids: readonly number[] }[]): number {
  return run.reduce((sum, { ids }) => sum + ids.length, 0);
}

/** Cells of one head's attention matrices: sequences · longest². */
export function attentionOf(run: readonly { readonly ids: readonly number[] }[]): number {
  return run.length * (run[0]?.ids.length ?? 0) ** 2;
}
