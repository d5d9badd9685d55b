/** The drain again and again, in a process of its own, and what an operator is told of it. */
import { messageOf } from '../core/errors.ts';
import { type Drained, type DrainOptions, drain } from './drain.ts';
import type { LossReason } from './losses.ts';
import { QUARANTINE } from './quarantine.ts';

/** What of a drain counts as lost. */
export function lossesOf({
  damaged,
  undrainable,
  removed,
}: Drained): readonly (readonly [LossReason, number])[] {
  const all: readonly (readonly [LossReason, number])[] = [
    ['damaged-in-journal', damaged],
    ['undrainable', undrainable],
    ['quarantine-removed', removed],
  ];
  return all.filter(([, count]) => count > 0);
}

/** Lines for the operator on what could not be drained; none where all could. */
export function trouble({ damaged, tornBytes, undrainable, quarantined, removed }: Drained): string[] {
  const kept = `${quarantined} segment(s) are kept in ${QUARANTINE}/ of the journal.`;
  return [
    ...(damaged > 0 || tornBytes > 0
      ? [
          `capture: ${damaged} damaged entries and ${tornBytes} byte(s) of unfinished writes could not be read; ${kept}`,
        ]
      : []),
    ...(undrainable > 0
      ? [
          `capture: the drain's process died of ${undrainable} call(s) again and again and leaves them out; ${kept}`,
        ]
      : []),
    ...(removed > 0
      ? [
          `capture: ${removed} segment(s) went from ${QUARANTINE}/: too old, or too much (journal in the configuration).`,
        ]
      : []),
  ];
}

export interface Draining {
  /** Resolves after the drain under way, which stops at the next batch. */
  stop(): Promise<void>;
}

/**
 * Drains again and again. A locked store only delays it. A segment that is still written to is left where the round before has
 * not seen it: most are complete by the next one, and are then read once and not with each round.
 */
export function startDrain(
  options: Omit<DrainOptions, 'signal' | 'mayWait'> & {
    readonly everyMs?: number;
    readonly onDrained?: (drained: Drained) => void;
    /** One line for the operator where something stays wrong; never holds a payload. */
    readonly log: (line: string) => void;
  },
): Draining {
  const { everyMs = 2000, onDrained, log } = options;
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let failures = 0;
  /** Segments that were still written to in the round before. */
  let open: ReadonlySet<string> = new Set();

  const again = (): void => {
    if (stopping.signal.aborted) return;
    timer = setTimeout(() => {
      running = once().finally(again);
    }, everyMs);
  };
  const once = async (): Promise<void> => {
    const before = open;
    const seen = new Set<string>();
    open = seen;
    const mayWait = (name: string): boolean => {
      seen.add(name);
      return !before.has(name);
    };
    try {
      const drained = await drain({ ...options, mayWait, signal: stopping.signal });
      failures = 0;
      onDrained?.(drained);
    } catch (error) {
      // Locked for a moment is normal; told when it lasts, and again while it does.
      if (++failures % 100 === 10) log(`capture: calls wait in the journal: ${messageOf(error)}`);
    }
  };
  again();
  return {
    stop: async () => {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
