/**
 * Shows progress on stderr: one line that renews itself on a terminal; elsewhere a line at each new step or
 * subject, and one every few seconds, so that a log stays readable.
 */
import type { OnProgress, Progress } from '../core/progress.ts';
import { duration } from '../report/words.ts';
import type { Terminal } from './context.ts';

const EVERY_MS = 5_000;
/** A terminal is redrawn at most this often. */
const REDRAW_MS = 80;

export interface ProgressLine {
  readonly show: OnProgress;
  /** Prints a line of its own above the progress. */
  note(line: string): void;
  /** Leaves a clean line; nothing is shown afterwards. */
  end(): void;
}

/** @param now Clock in milliseconds; given in tests. */
export function progressLine(
  terminal: Pick<Terminal, 'err' | 'interactive' | 'width'>,
  now: () => number = Date.now,
): ProgressLine {
  let last = '';
  let shownAt = Number.NEGATIVE_INFINITY;
  let drawn = false;
  let done = false;
  let ended = false;
  const clear = (): void => {
    if (drawn) terminal.err('\r\x1b[2K');
    drawn = false;
  };
  return {
    show(progress) {
      if (ended) return;
      const key = `${progress.step} ${progress.subject ?? ''}`;
      const due = now() - shownAt >= (terminal.interactive ? REDRAW_MS : EVERY_MS);
      const finished = progress.total > 0 && progress.done >= progress.total;
      if (key === last && !due && !finished) return;
      // Said once that it is done; a single step needs no second line at all.
      if (!terminal.interactive && key === last && finished && (done || progress.total === 1)) return;
      last = key;
      done = finished;
      shownAt = now();
      const line = progressText(progress);
      if (terminal.interactive) {
        terminal.err(`\r\x1b[2K${line.slice(0, Math.max(20, terminal.width - 1))}`);
        drawn = true;
      } else terminal.err(`${line}\n`);
    },
    note(line) {
      clear();
      terminal.err(`${line}\n`);
    },
    end() {
      clear();
      ended = true;
    },
  };
}

/** 'train     triage   120/400 (30 %), 2 min left · loss 0.31' */
export function progressText(progress: Progress): string {
  const { step, subject, done, total, leftMs, note } = progress;
  const parts = [step.padEnd(9)];
  if (subject !== undefined) parts.push(subject);
  if (total > 1)
    parts.push(`${Math.round(done)}/${Math.round(total)} (${Math.floor((100 * done) / total)} %)`);
  let line = parts.join('  ');
  if (leftMs !== undefined && leftMs >= 1000) line += `, ${duration(leftMs / 1000)} left`;
  if (note !== undefined && note !== '') line += ` · ${note}`;
  return line;
}
