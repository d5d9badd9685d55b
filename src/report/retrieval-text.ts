/** `understudy doctor retrieval` as text for the terminal. */
import type { RetrievalReport } from '../core/retrieval-report.ts';
import { type Page, paint, table, wrap } from './table.ts';
import { count, percent, rate } from './words.ts';

export function retrievalText(report: RetrievalReport, page: Page): string {
  const head = paint(page, 'bold', 'Retrieval: is the nearest other call answered alike?');
  const lines = [
    head,
    wrap(
      `Each input is looked up among those of other sessions, as if it were not there. ${report.encoder === null ? 'There is no encoder here: words alone are compared.' : `Vectors are those of ${report.encoder}.`}`,
      page.width,
      0,
    ),
    ...report.notes.map((note) => wrap(paint(page, 'yellow', note), page.width, 0)),
  ];
  if (report.tasks.length === 0)
    lines.push(
      '',
      'No kind of call has come in often enough yet. Next: more calls, or `understudy import FILE`.',
    );
  for (const task of report.tasks) {
    const repeats = task.repeats === 0 ? '' : `, ${percent(task.repeats)} of the calls repeat one of them`;
    lines.push(
      '',
      `${paint(page, 'bold', task.name)}  ${task.kind} · ${count(task.tried)} inputs${repeats} · ${count(task.answers)} different answers`,
      table(
        page,
        [
          { title: 'retriever' },
          { title: 'nearest (95 %)', align: 'right' },
          { title: 'among five', align: 'right' },
        ],
        task.retrievers.map(({ name, nearest, amongFive }) => [
          name,
          rate(nearest),
          percent(amongFive.share),
        ]),
      ),
    );
  }
  return lines.join('\n');
}
