/** What becomes of a file while it is read: its calls, and what is left out of it, by reason and line. */
import { UnderstudyError } from '../../core/errors.ts';
import type { ImportedFile } from '../../core/import-report.ts';
import { isObject, type Json } from '../../core/json.ts';
import { IMPORTERS } from './formats.ts';

/** Of a reason, in a file. */
const LINES_KEPT = 5;

export interface FileUnderWay extends ImportedFile {
  readonly formats: Set<string>;
  format: string;
  calls: number;
  already: number;
  readonly skipped: Record<string, number>;
  readonly lines: { line: number; reason: string }[];
}

export function emptyFile(path: string): FileUnderWay {
  return { path, formats: new Set(), format: 'empty', calls: 0, already: 0, skipped: {}, lines: [] };
}

export function skip(file: FileUnderWay, line: number, reason: string): void {
  const times = (file.skipped[reason] ?? 0) + 1;
  file.skipped[reason] = times;
  if (times <= LINES_KEPT) file.lines.push({ line, reason });
}

export function reportOf(file: FileUnderWay): ImportedFile {
  const { path, format, calls, already, skipped, lines } = file;
  return { path, format, calls, already, skipped, lines };
}

/** Over all files, the most frequent reason first. */
export function totals(files: readonly ImportedFile[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { skipped } of files) {
    for (const [reason, count] of Object.entries(skipped)) sums[reason] = (sums[reason] ?? 0) + count;
  }
  return Object.fromEntries(Object.entries(sums).sort(([, a], [, b]) => b - a));
}

/** The first record's field names, where they look like names: values are never shown. */
export function fieldsText(record: Json | undefined): string {
  if (!isObject(record)) return 'no record of a known format is in it';
  const names = Object.keys(record).filter((name) => /^[A-Za-z_][\w.-]{0,30}$/.test(name));
  return `its first record has the fields ${names.slice(0, 8).join(', ') || '(none)'}`;
}

/** The error for a file that was named and is of no format. @param why Holds no payload. */
export function alien(path: string, why: string): UnderstudyError {
  return new UnderstudyError('bad-input', `${path} is of no format that can be imported: ${why}.`, {
    hint: `Formats, as JSON Lines or JSON, plain or gzip (docs/import.md):\n${IMPORTERS.map(({ name, looks }) => `  ${name.padEnd(18)}  ${looks}`).join('\n')}`,
    status: 400,
  });
}
