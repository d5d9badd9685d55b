/**
 * What erasing took away: some days, or some senders. Plain data; nothing here contains the text of a call.
 * Does not: erase (capture/erase.ts), or say it in words (report/erase.ts).
 */
import type { Stage } from './deployment.ts';

/** What erasing some days took away, and what was learnt from their calls, which stays. */
export interface EraseReport {
  readonly kind: 'erase';
  /** Nothing was erased: the figures are what would be. */
  readonly dryRun: boolean;
  /** First and last day, YYYY-MM-DD in UTC, both included; null: from the beginning. */
  readonly from: string | null;
  readonly to: string;
  /** Days whose data key was deleted. */
  readonly days: readonly string[];
  /** Calls in the store, and the pieces of their payloads (0 in a dry run). */
  readonly calls: number;
  readonly parts: number;
  readonly journal: {
    /** Calls of those days in the journals; some may have been in the store too. */
    readonly calls: number;
    /** Segments that were removed, or written again without those days; those in quarantine too. */
    readonly segments: number;
    /** Segments that a running gateway is writing: what they hold of those days goes within seconds, unread. */
    readonly open: number;
  };
  /** False where another process was reading: deleted rows, sealed, may stand in the write-ahead log for a while. */
  readonly purged: boolean;
  readonly stays: {
    /** Tasks in the store: templates, labels, numbers. */
    readonly tasks: number;
    /** Those that learnt from erased calls; `stage` is null where they are not deployed. */
    readonly specialists: readonly {
      readonly id: string;
      readonly task: string;
      readonly version: number;
      readonly stage: Stage | null;
    }[];
  };
}

/** What erasing senders took away, or would; the fields as in EraseReport. */
export interface SenderEraseReport
  extends Pick<EraseReport, 'dryRun' | 'calls' | 'parts' | 'purged' | 'stays'> {
  readonly kind: 'erase-senders';
  /** Their pseudonyms. */
  readonly origins: readonly string[];
}
