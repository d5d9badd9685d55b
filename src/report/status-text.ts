/** What is in the store, and where each task stands, as text for the terminal. */
import type { StatusReport } from '../core/status-report.ts';
import { outcomeLines } from './evidence-text.ts';
import { judgeSpentLine } from './judge-text.ts';
import { clip, type Page, paint, table } from './table.ts';
import { bytes, count, dateTime, duration, percent, plural } from './words.ts';

/** Why calls that were answered are not recorded. */
const LOSSES: Readonly<Record<string, string>> = {
  'not-recorded': 'the recorder failed or was too slow; the log of `understudy start` says why',
  'too-much-at-once': 'their answers were larger together than gateway.maxBufferedBytes',
  'damaged-in-journal': 'damaged in the journal; its segments are kept in journal/quarantine',
  undrainable: 'the drain’s process died of them again and again; kept in journal/quarantine',
  'capture-closed': 'the data folder could not be opened; `understudy doctor` says why',
};

function lossLines(lost: StatusReport['lost']): string[] {
  return Object.entries(lost).map(([reason, count]) =>
    reason === 'quarantine-removed'
      ? `${plural(count, 'segment')} went from journal/quarantine: too old, or too much.`
      : reason === 'feedback-not-recorded'
        ? `Feedback was not recorded ${plural(count, 'time')}; who sent it was told so.`
        : `${plural(count, 'call')} answered but not recorded: ${LOSSES[reason] ?? reason}.`,
  );
}

/** What a stage asks for, and about how far it is. */
function goalText({
  stage,
  margin,
  moreComparisons,
}: NonNullable<StatusReport['tasks'][number]['deployment']>): string {
  if (stage === 'proposed') return 'your approval';
  if (stage === 'suspended') return 'a new proof';
  if (stage === 'live') return `at most ${share(margin)}`;
  const more = moreComparisons === null ? '' : `, about ${count(moreComparisons)} more`;
  return `below ${share(margin)}${more}`;
}

/** A share as people write it: 2 %, 0.5 %. */
const share = (value: number): string => `${Number((value * 100).toFixed(1))} %`;

/** What waits and what was set aside; nothing where there is neither. */
function journalLines({ waiting, quarantine }: StatusReport['journal']): string[] {
  const lines: string[] = [];
  if (waiting.oldestSeconds !== null) {
    lines.push(
      `${plural(waiting.segments, 'segment')} of the journal (${bytes(waiting.bytes)}) wait to be drained, the oldest for ${duration(waiting.oldestSeconds)}.`,
    );
  }
  if (quarantine.segments > 0) {
    lines.push(
      `${plural(quarantine.segments, 'segment')} (${bytes(quarantine.bytes)}) in quarantine: see docs/privacy.md.`,
    );
  }
  return lines;
}

/** How each of several servers is; nothing where there is one, or no gateway runs. */
function upstreamLines(upstreams: StatusReport['upstreams']): string[] {
  return (upstreams?.servers ?? []).map(
    ({ name, for: api, state, since, failures, inFlight, waitsUntil }) => {
      const passed = `passed over since ${dateTime(since)} UTC, after ${plural(failures, 'failure')} in a row`;
      const states = {
        closed: failures === 0 ? 'takes calls' : `takes calls, ${plural(failures, 'failure')} in a row`,
        open: passed,
        'half-open': `${passed}; one call finds out whether it is back`,
      };
      const waits = waitsUntil === null ? '' : `; wants to be left alone until ${dateTime(waitsUntil)} UTC`;
      return `Upstream ${name} (${api}): ${states[state]}; ${plural(inFlight, 'call')} under way${waits}.`;
    },
  );
}

export function statusText(report: StatusReport, page: Page): string {
  const said = report.feedback > 0 ? `, feedback on them ${plural(report.feedback, 'time')}` : '';
  const counted = `${plural(report.calls, 'call')} in the store${said}, ${plural(report.tasks.length, 'task')}.`;
  const head = [
    counted,
    ...outcomeLines(report.outcomes),
    ...journalLines(report.journal),
    ...lossLines(report.lost),
    ...upstreamLines(report.upstreams),
    ...(report.judge ? [judgeSpentLine(report.judge)] : []),
  ].join('\n');
  if (report.tasks.length === 0) {
    return `${head}\n${report.calls === 0 ? 'Next: `understudy start`, or `understudy import FILE`.' : 'Next: `understudy learn`.'}`;
  }
  const rows = report.tasks.map((task) => {
    const { deployment } = task;
    return [
      clip(task.name, 28),
      task.kind,
      count(task.calls),
      deployment?.rung ?? '–',
      deployment
        ? paint(
            page,
            deployment.stage === 'live' ? 'green' : 'yellow',
            task.isExcluded ? 'excluded' : task.isStopped ? 'stopped' : deployment.stage,
          )
        : 'none',
      deployment ? percent(deployment.coverage) : '–',
      deployment && deployment.lately.calls > 0
        ? `${percent(deployment.lately.served / deployment.lately.calls)} of ${count(deployment.lately.calls)}`
        : '–',
      deployment ? `${count(deployment.auditErrors)} of ${count(deployment.audits)}` : '–',
      deployment ? goalText(deployment) : '–',
    ];
  });
  const columns = [
    { title: 'task' },
    { title: 'kind' },
    { title: 'calls', align: 'right' as const },
    { title: 'method' },
    { title: 'stage' },
    { title: 'promised', align: 'right' as const },
    { title: 'served lately', align: 'right' as const },
    { title: 'errors in audits' },
    { title: 'held to' },
  ];
  const whys = report.tasks.flatMap(({ name, deployment, isStopped, isExcluded, isProposed, why }) => [
    ...(deployment?.judgedBy ? [`${name}: ${deployment.judgedBy}`] : []),
    ...(isStopped || isExcluded || deployment?.stage !== 'live' ? [`${name}: ${why}`] : []),
    ...(isProposed
      ? [`${name} waits for your word: \`understudy approve '${name}'\` or \`understudy reject '${name}'\`.`]
      : []),
  ]);
  return [`${head}\n\n${table(page, columns, rows)}`, ...whys].join('\n');
}
