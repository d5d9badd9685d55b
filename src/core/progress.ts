/** What long work says while it runs. The one who started the work decides how to show it. */

export interface Progress {
  /** The step in the words of the design: capture, curate, cluster, select, train, evaluate, deploy. */
  readonly step: string;
  /** What is being worked on: a task's name, a file. */
  readonly subject?: string;
  readonly done: number;
  readonly total: number;
  /** Estimated milliseconds left, once it can be told. */
  readonly leftMs?: number;
  /** A short figure worth seeing: loss, tokens/s. */
  readonly note?: string;
}

export type OnProgress = (progress: Progress) => void;

/** A reporter for one piece of work that works out the time left from the rate so far. */
export function progressOf(
  on: OnProgress | undefined,
  step: string,
  total: number,
  subject?: string,
  now: () => number = Date.now,
): (done: number, note?: string) => void {
  const start = now();
  return (done, note) => {
    if (!on) return;
    const elapsed = now() - start;
    on({
      step,
      done,
      total,
      ...(subject === undefined ? {} : { subject }),
      ...(done > 0 && total > 0 ? { leftMs: (elapsed / done) * Math.max(0, total - done) } : {}),
      ...(note === undefined ? {} : { note }),
    });
  };
}
