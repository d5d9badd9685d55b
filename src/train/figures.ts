/** What is worth keeping of a training that goes in steps, the same for every trainer. */

/** Steps at the end over which the final loss is taken, as a share of all. */
const TAIL = 1 / 10;

/** @param training Loss of each step; tokens trained on; milliseconds in steps. */
export function stepFigures({
  losses,
  tokens,
  elapsedMs,
}: {
  readonly losses: readonly number[];
  readonly tokens: number;
  readonly elapsedMs: number;
}): Readonly<Record<'steps' | 'tokens' | 'tokensPerSecond' | 'firstLoss' | 'finalLoss', number>> {
  const tail = losses.slice(-Math.max(1, Math.round(losses.length * TAIL)));
  return {
    steps: losses.length,
    tokens,
    tokensPerSecond: (tokens / elapsedMs) * 1000,
    firstLoss: losses[0] ?? 0,
    finalLoss: tail.reduce((sum, loss) => sum + loss, 0) / tail.length,
  };
}
