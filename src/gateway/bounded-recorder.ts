/**
 * Handing calls to the recorder without trusting it with the agent's time: a wait is bounded, and while an earlier
 * one is overdue nobody waits at all.
 */
import type { Recorder } from '../core/online.ts';

export interface Recording {
  /** Resolves when what is recorded is on disk, or when waiting longer would hurt the agent. Never rejects. */
  /** @param release Is called once what is recorded is needed no more, whatever became of it. */
  keep(record: (recorder: Recorder) => Promise<boolean>, release: () => void): Promise<void>;
  /** Counts a call whose bytes were given up, for want of memory. */
  lose(): void;
  readonly counts: { recorded: number; failed: number; overdue: number; dropped: number };
}

/** Calls that may wait inside a stuck recorder before new ones are dropped: bounds memory. */
const MAX_OVERDUE = 1000;

/** Why a call did not come to the recorder: it was stuck, or the call's response did not fit into memory. */
export type LostFor = 'not-recorded' | 'too-much-at-once';

/** @param onLost A call was dropped. */
export function boundedRecording(
  recorder: Recorder,
  waitMs: number,
  onLost: (reason: LostFor) => void = () => {},
): Recording {
  const counts = { recorded: 0, failed: 0, overdue: 0, dropped: 0 };
  let stuck = 0;
  let open = 0;
  const keep = async (
    record: (recorder: Recorder) => Promise<boolean>,
    release: () => void,
  ): Promise<void> => {
    open++;
    try {
      if (await record(recorder)) counts.recorded++;
      else counts.failed++;
    } catch {
      counts.failed++;
    } finally {
      open--;
      release();
    }
  };
  return {
    counts,
    lose: () => {
      counts.dropped++;
      onLost('too-much-at-once');
    },
    keep: async (record, release) => {
      if (stuck > 0 && open >= MAX_OVERDUE) {
        counts.dropped++;
        onLost('not-recorded');
        release();
        return;
      }
      let done = false;
      let late = false;
      const kept = keep(record, release).finally(() => {
        done = true;
        if (late) stuck--;
      });
      if (stuck > 0) return;
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([
        kept,
        new Promise<void>((resolve) => {
          timer = setTimeout(resolve, waitMs);
        }),
      ]);
      clearTimeout(timer);
      if (!done) {
        late = true;
        stuck++;
        counts.overdue++;
      }
    },
  };
}
