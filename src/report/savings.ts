/** What specialists save, as text for the terminal. */
import type { SavingsReport, SavingsRow } from '../core/savings.ts';
import { priceText } from './price-text.ts';
import { clip, type Page, paint, table, wrap } from './table.ts';
import { count, money, percent, plural } from './words.ts';

const COLUMNS = [
  { title: 'calls', align: 'right' as const },
  { title: 'served', align: 'right' as const },
  { title: 'LLM paid', align: 'right' as const },
  { title: 'avoided', align: 'right' as const },
  { title: 'audits', align: 'right' as const },
  { title: 'machine', align: 'right' as const },
  { title: 'learning', align: 'right' as const },
  { title: 'others', align: 'right' as const },
  { title: 'saved, net', align: 'right' as const },
];

/** Days that are shown. */
const DAYS = 14;

export function savingsText(report: SavingsReport, page: Page): string {
  const { total, from, to } = report;
  if (from === null) return 'No calls yet. Next: `understudy start`, or `understudy import FILE`.';
  const cells = (row: SavingsRow, learning: number | null, others: number | null = null): string[] => [
    count(row.calls),
    count(row.served),
    money(row.llm),
    money(row.avoided),
    minus(row.audits),
    minus(row.machine),
    learning === null ? '' : minus(learning),
    others === null ? '' : minus(others),
    paint(page, row.net < 0 ? 'red' : 'green', money(row.net)),
  ];
  const rows = (title: string, of: readonly (readonly [string, string[]])[]): string =>
    table(
      page,
      [{ title }, ...COLUMNS],
      of.map(([name, each]) => [clip(name, 30), ...each]),
    );
  const share =
    total.savedShare === null
      ? ''
      : `, ${percent(Math.max(0, total.savedShare))} of what the LLM alone would have cost`;
  const lines = [
    `${paint(page, 'bold', `${money(total.net)} saved`)}${share}, from ${from} to ${to} (UTC).`,
    '',
    rows('', [['all', cells(total, total.learning, total.others)]]),
  ];
  if (report.byTask.length > 0)
    lines.push(
      '',
      rows(
        'task',
        report.byTask.map((row) => [row.name, cells(row, null)]),
      ),
    );
  if (report.byKey.length > 1)
    lines.push(
      '',
      rows(
        'sender (pseudonym)',
        report.byKey.map((row) => [row.key === '' ? 'unknown' : row.key, cells(row, null)]),
      ),
    );
  if (report.byDay.length > 1)
    lines.push(
      '',
      rows(
        'day',
        report.byDay.slice(-DAYS).map((row) => [row.day, cells(row, row.learning, row.others)]),
      ),
    );
  lines.push('');
  for (const { model, calls } of report.unpriced)
    lines.push(
      wrap(
        paint(
          page,
          'yellow',
          `No price is known for ${model}: ${plural(calls, 'call')} left out. Set \`prices\` or \`costs.priceFile\`.`,
        ),
        page.width,
        0,
      ),
    );
  for (const price of report.prices) lines.push(paint(page, 'dim', priceText(price)));
  for (const note of report.notes) lines.push(wrap(paint(page, 'dim', note), page.width, 0));
  return lines.join('\n');
}

const minus = (dollars: number): string => (dollars === 0 ? '$0' : `−${money(dollars)}`);

/** '$12.30 saved, net, in 30 days: 41 % of what the LLM alone would have cost (`understudy savings`).' */
export function savedLine({ total }: SavingsReport, days: number): string | null {
  if (total.served === 0 || total.savedShare === null) return null;
  const share = total.net > 0 ? `: ${percent(total.savedShare)} of what the LLM alone would have cost` : '';
  return `${money(total.net)} saved, net, in ${days} days${share} (\`understudy savings\`).`;
}
