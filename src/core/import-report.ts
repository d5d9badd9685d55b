/**
 * What importing log files gave, or would give. Plain data, as all reports: nothing here contains the text of a call.
 * Does not: import (capture/importers/), or say it in words (report/import.ts).
 */

export interface ImportedFile {
  readonly path: string;
  /** Names of the formats that were recognised, like 'openai-chat'; 'empty', or 'unknown' where none was. */
  readonly format: string;
  /** Calls that the store did not have. */
  readonly calls: number;
  /** Calls that it had. */
  readonly already: number;
  /** What was not imported, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
  /** The first records that were skipped for each reason, with their line (from 1; 0 where there is none). */
  readonly lines: readonly { readonly line: number; readonly reason: string }[];
}

export interface ImportReport {
  readonly kind: 'import';
  /** Read only: nothing was stored, and `calls` are those that could be. */
  readonly dryRun: boolean;
  readonly files: readonly ImportedFile[];
  /** Sums over the files. */
  readonly calls: number;
  readonly already: number;
  readonly skipped: Readonly<Record<string, number>>;
  /** Calls whose time the files do not tell: they are set one second apart, in the order of the files. */
  readonly untimed: number;
  /** Those of them that had a time, but before 2015 or in the future. */
  readonly implausible: number;
  readonly seconds: number;
}
