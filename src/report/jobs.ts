/** Jobs as text for the terminal. */
import { type Job, spentBy } from '../core/job.ts';
import { clip, type Page, paint, table, wrap } from './table.ts';
import { bytes, count, dateTime, duration, money, plural } from './words.ts';

/** @param now Epoch milliseconds. */
export function jobsText(jobs: readonly Job[], page: Page, now: number): string {
  if (jobs.length === 0)
    return 'No jobs yet. `understudy start` learns by itself when there is enough to learn from; `understudy jobs run` asks for it now.';
  const rows = jobs.map((job) => [
    job.id,
    dateTime(job.createdAt),
    job.trigger,
    paint(page, COLOURS[job.state], job.state),
    progressOf(job, now),
    minutes(spentBy(job).cpuMinutes),
    clip(job.reason, Math.max(20, page.width - 110)),
  ]);
  return table(
    page,
    [
      { title: 'job' },
      { title: 'since (UTC)' },
      { title: 'set off by' },
      { title: 'state' },
      { title: 'how far' },
      { title: 'CPU', align: 'right' },
      { title: 'why' },
    ],
    rows,
  );
}

const COLOURS = { queued: 'dim', running: 'yellow', done: 'green', failed: 'red', cancelled: 'dim' } as const;

/** @param now Epoch milliseconds. */
export function jobText(job: Job, page: Page, now: number): string {
  const spent = spentBy(job);
  const { estimate, result } = job;
  const lines = [
    `${paint(page, 'bold', job.id)}  ${paint(page, COLOURS[job.state], job.state)}, set off by ${job.trigger}, mode ${job.mode}`,
    wrap(`Why: ${job.reason}.`, page.width, 2),
    `  Begun ${job.startedAt === null ? 'not yet' : `${dateTime(job.startedAt)} UTC`}${job.starts > 1 ? `, ${plural(job.starts, 'time')}` : ''}${job.endedAt === null ? '' : `, ended ${dateTime(job.endedAt)} UTC`}. ${progressOf(job, now)}`,
  ];
  if (estimate !== null) {
    const paid = estimate.dollars > 0 ? `, ${money(estimate.dollars)}` : '';
    const back =
      estimate.savedADay === null || estimate.savedADay <= 0
        ? ''
        : `; it may save ${money(estimate.savedADay)} a day`;
    lines.push(
      wrap(
        `Expected: about ${minutes(estimate.cpuMinutes)} of processor time and ${bytes(estimate.diskBytes)} on disk${paid}${back} (by ${estimate.basis}).`,
        page.width,
        2,
      ),
    );
  }
  lines.push(
    `  Taken: ${minutes(spent.cpuMinutes)} of processor time, ${bytes(spent.diskBytes)} on disk${spent.dollars > 0 ? `, ${money(spent.dollars)}` : ''}.`,
  );
  if (job.note !== null) lines.push(wrap(`${job.note}.`, page.width, 2));
  for (const task of result?.tasks ?? []) {
    const outcome = task.deployed ? 'passed, deployed or proposed' : task.outcome;
    lines.push(
      `  ${task.name} (${count(task.calls)} calls): ${paint(page, task.outcome === 'passed' ? 'green' : 'yellow', outcome)}`,
      wrap(task.reason, page.width, 4),
    );
  }
  return lines.join('\n');
}

function progressOf({ state, progress, startedAt, endedAt, notBefore }: Job, now: number): string {
  if (state === 'running' && progress !== null) {
    const { step, subject, done, total, leftMs } = progress;
    const share = total > 1 ? ` ${Math.floor((100 * done) / total)} %` : '';
    const left = leftMs !== undefined && leftMs >= 1000 ? `, ${duration(leftMs / 1000)} left` : '';
    return `${step}${subject === undefined ? '' : ` ${clip(subject, 16)}`}${share}${left}`;
  }
  if (state === 'queued' && notBefore > now) return `not before ${dateTime(notBefore)}`;
  if (endedAt !== null && startedAt !== null) return `took ${duration((endedAt - startedAt) / 1000)}`;
  return '';
}

const minutes = (value: number): string => duration(value * 60);
