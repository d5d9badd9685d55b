/**
 * A recorder that is not trusted with the agent's time: a wait for it is bounded, nobody waits long for what others
 * have given it, and while an earlier one is overdue nobody waits at all.
 */
import type { Call } from '../core/call.ts';
import type { RawExchange, Recorder } from '../core/online.ts';

/**
 * Resolves, too, when waiting longer would hurt the agent: then with false, whatever becomes of the call. `onCopied` is
 * called once in any case: when the call's bytes are needed no more, or the call is dropped.
 */
export interface BoundedRecorder extends Pick<Recorder, 'recordFeedback'> {
  record(call: Call, sender: string, exchange: () => RawExchange, onCopied: () => void): Promise<boolean>;
  recordExchange(exchange: RawExchange, onCopied: () => void): Promise<boolean>;
  /** Counts a call whose bytes were given up, for want of memory. */
  lose(): void;
  readonly counts: RecordingCounts;
}

export type RecordingCounts = {
  recorded: number;
  failed: number;
  /** Took longer than a call may wait. */
  overdue: number;
  /** Not waited for, since others were to be written before them. */
  behind: number;
  dropped: number;
};

/** Calls that may wait inside a stuck recorder before new ones are dropped: bounds memory. */
const MAX_OVERDUE = 1000;

/** Why a call or feedback did not come to the recorder: it was stuck, or the call's response did not fit into memory. */
export type LostFor = 'not-recorded' | 'too-much-at-once' | 'feedback-not-recorded';

/**
 * @param waitMs Longest wait for one call.
 * @param onLost A call was dropped.
 */
export function boundedRecorder(
  recorder: Recorder,
  waitMs: number,
  onLost: (reason: LostFor) => void = () => {},
): BoundedRecorder {
  const counts: RecordingCounts = { recorded: 0, failed: 0, overdue: 0, behind: 0, dropped: 0 };
  let stuck = 0;
  let open = 0;

  const counted = async (write: () => Promise<boolean>, release: () => void): Promise<boolean> => {
    open++;
    try {
      const isWritten = await write();
      counts[isWritten ? 'recorded' : 'failed']++;
      return isWritten;
    } catch {
      counts.failed++;
      return false;
    } finally {
      open--;
      release();
    }
  };

  const bounded = async (
    write: (onBehind: () => void) => Promise<boolean>,
    release: () => void,
    reason: LostFor = 'not-recorded',
  ): Promise<boolean> => {
    if (stuck > 0 && open >= MAX_OVERDUE) {
      counts.dropped++;
      onLost(reason);
      release();
      return false;
    }
    let isDone = false;
    let isLate = false;
    let isBehind = false;
    let goOn = (_isWritten: false): void => {};
    const waited = new Promise<boolean>((resolve) => {
      goOn = resolve;
    });
    const onBehind = (): void => {
      isBehind = true;
      goOn(false);
    };
    const written = counted(() => write(onBehind), release).finally(() => {
      isDone = true;
      if (isLate) stuck--;
    });
    if (stuck > 0) return false;
    const timer = setTimeout(goOn, waitMs, false);
    const isWritten = await Promise.race([written, waited]);
    clearTimeout(timer);
    if (isDone) return isWritten;
    if (isBehind) counts.behind++;
    else {
      isLate = true;
      stuck++;
      counts.overdue++;
    }
    return isWritten;
  };

  return {
    counts,
    lose: () => {
      counts.dropped++;
      onLost('too-much-at-once');
    },
    record: (call, sender, exchange, onCopied) =>
      bounded((onBehind) => recorder.record(call, sender, exchange, onCopied, onBehind), onCopied),
    recordExchange: (exchange, onCopied) =>
      bounded((onBehind) => recorder.recordExchange(exchange, onCopied, onBehind), onCopied),
    // Its sender is told where it fails: it counts as no call, and is never dropped unseen.
    recordFeedback: (feedback, at) =>
      bounded(
        () => recorder.recordFeedback(feedback, at),
        () => {},
        'feedback-not-recorded',
      ),
  };
}
