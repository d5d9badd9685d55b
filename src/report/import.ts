/** What an import did, for the terminal: the files, and what was left out of them, by reason and line. */
import { basename } from 'node:path';
import { UnderstudyError } from '../core/errors.ts';
import type { ImportReport } from '../core/import-report.ts';
import { clip, type Page, paint, type TextStyle, table, wrap } from './table.ts';
import { count, duration, plural } from './words.ts';

/** A folder may hold thousands; those with calls, or the most left out, come first. */
const FILES_SHOWN = 30;
const PLACES_SHOWN = 3;

export function importText(report: ImportReport, page: Page): string {
  const { files } = report;
  const left = (skipped: Readonly<Record<string, number>>): number =>
    Object.values(skipped).reduce((sum, n) => sum + n, 0);
  const shown =
    files.length <= FILES_SHOWN
      ? files
      : files
          .toSorted((a, b) => b.calls - a.calls || left(b.skipped) - left(a.skipped))
          .slice(0, FILES_SHOWN);
  const rows = shown.map((file) => [
    clip(file.path, 60),
    file.format,
    count(file.calls),
    left(file.skipped) === 0 ? '' : count(left(file.skipped)),
  ]);
  const columns = [
    { title: 'file' },
    { title: 'format' },
    { title: report.dryRun ? 'calls' : 'new calls', align: 'right' as const },
    { title: 'left out', align: 'right' as const },
  ];
  const parts = [table(page, columns, rows)];
  if (shown.length < files.length) parts.push(`  … and ${count(files.length - shown.length)} more files`);
  if (Object.keys(report.skipped).length > 0) parts.push('', reasonsTable(report, page));
  parts.push('', sumText(report));
  const notes = [
    report.untimed > 0
      ? `${plural(report.untimed, 'call')} came without a time: they stand a second apart, in the order of the files.`
      : '',
    report.implausible > 0
      ? `${count(report.implausible)} of these had a time before 2015 or in the future, which was not used.`
      : '',
  ].filter((note) => note !== '');
  for (const note of notes) parts.push(wrap(paint(page, 'yellow', note), page.width, 0));
  return parts.join('\n');
}

function sumText({ calls, already, files, seconds, dryRun }: ImportReport): string {
  const from = `from ${plural(files.length, 'file')} in ${duration(seconds)}`;
  if (dryRun) return `Read ${plural(calls, 'call')} ${from}. A dry run: nothing was stored.`;
  if (calls + already === 0) return `Nothing was imported ${from}.`;
  if (calls === 0) return `All ${plural(already, 'call')} had been imported before. Nothing changed.`;
  const before = already > 0 ? ` ${count(already)} more had been imported before.` : '';
  return `Imported ${plural(calls, 'call')} ${from}.${before}`;
}

/** Each reason, how often, and the first places. */
function reasonsTable({ files, skipped }: ImportReport, page: TextStyle): string {
  const rows = Object.entries(skipped).map(([reason, times]) => {
    const places = files.flatMap(({ path, lines }) => {
      const own = lines.filter((line) => line.reason === reason && line.line > 0).map(({ line }) => line);
      const name = clip(basename(path), 30);
      return own.length === 0 ? [] : [files.length === 1 ? own.join(', ') : `${name}: ${own.join(', ')}`];
    });
    const first = places.slice(0, PLACES_SHOWN).join('; ');
    const listed = files.reduce(
      (sum, { lines }) => sum + lines.filter((line) => line.reason === reason).length,
      0,
    );
    const more = first !== '' && (listed < times || places.length > PLACES_SHOWN) ? ', …' : '';
    return [reason, count(times), `${first}${more}`];
  });
  return table(page, [{ title: 'left out' }, { title: 'records', align: 'right' }, { title: 'lines' }], rows);
}

/** @throws UnderstudyError 'bad-input' where no call could be read: an import of nothing is no success. */
export function refuseEmpty({ calls, already, skipped, files }: ImportReport): void {
  if (calls + already > 0) return;
  const [reason] = Object.keys(skipped);
  throw new UnderstudyError(
    'bad-input',
    `No call could be read from ${plural(files.length, 'file')}${reason === undefined ? ': nothing is in them' : ` (mostly: ${reason})`}.`,
    { hint: 'docs/import.md shows the formats, and what each needs to hold.', status: 400 },
  );
}
