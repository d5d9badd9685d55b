/** What erasing took away, or would, and what stays, for the terminal. */
import type { EraseReport, SenderEraseReport } from '../core/erase-report.ts';
import { type Page, paint, type TextStyle, table, wrap } from './table.ts';
import { count, plural } from './words.ts';

const NOT_PURGED =
  'Another process was reading the store: deleted rows, sealed, stay in its write-ahead log until it is emptied. Run the same command again later to empty it.';

export function eraseText(report: EraseReport, page: Page): string {
  const { dryRun, from, to, days, calls, parts, journal, purged, stays } = report;
  const range = from === to ? to : from === null ? `all days up to ${to}` : `${from} to ${to}`;
  const verb = dryRun ? 'Would be erased' : 'Erased';
  const lines = [
    `${verb}, of ${range} (UTC):`,
    `  ${plural(days.length, 'data key')}${days.length > 0 && days.length <= 5 ? ` (${days.join(', ')})` : ''}`,
    `  ${plural(calls, 'call')} in the store${parts > 0 ? `, with ${plural(parts, 'piece')} of payload` : ''}`,
    `  ${plural(journal.calls, 'call')} in ${plural(journal.segments + journal.open, 'segment')} of the journals`,
  ];
  if (days.length + calls + journal.calls + journal.segments === 0)
    return `There is nothing of ${range} (UTC) to erase.`;
  const notes: string[] = [];
  if (journal.open > 0)
    notes.push(
      `A gateway is writing ${plural(journal.open, 'segment')} with calls of these days: without the key nobody can open them, and they go within seconds.`,
    );
  if (!purged) notes.push(NOT_PURGED);
  const learnt = learntLines(stays, page);
  return [
    ...lines,
    ...notes.map((note) => wrap(paint(page, 'yellow', note), page.width, 0)),
    ...(stays.tasks === 0 ? [] : learnt),
  ].join('\n');
}

export function senderEraseText(report: SenderEraseReport, page: Page): string {
  const { dryRun, origins, calls, parts, purged, stays } = report;
  if (calls === 0) return `There are no calls of ${plural(origins.length, 'sender')} in the store.`;
  return [
    `${dryRun ? 'Would be erased' : 'Erased'}, of ${plural(origins.length, 'sender')}: ${plural(calls, 'call')}${parts > 0 ? `, with ${plural(parts, 'piece')} of payload that nobody else’s calls have` : ''}.`,
    ...(purged ? [] : [wrap(paint(page, 'yellow', NOT_PURGED), page.width, 0)]),
    ...(stays.tasks === 0 ? [] : learntLines(stays, page)),
  ].join('\n');
}

function learntLines(stays: EraseReport['stays'], page: TextStyle): string[] {
  return stays.specialists.length === 0
    ? [`What was learnt stays: ${plural(stays.tasks, 'task')} with templates, labels and counts.`]
    : [
        `What was learnt stays: ${plural(stays.tasks, 'task')} with templates, labels and counts, and ${plural(stays.specialists.length, 'specialist')} that learnt from these calls:`,
        table(
          page,
          [
            { title: 'specialist' },
            { title: 'task' },
            { title: 'version', align: 'right' },
            { title: 'stage' },
          ],
          stays.specialists.map(({ id, task, version, stage }) => [
            id,
            task,
            count(version),
            stage ?? 'not deployed',
          ]),
        ),
        'To learn these tasks without the erased calls, run `understudy learn`.',
      ];
}
