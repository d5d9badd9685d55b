/**
 * An assessment as text: one line a task with what a person decides by, then what to do. Details where one task is asked for.
 * Does not: work anything out (learn/assess).
 */
import type { AssessReport, ExpectedCoverage, Interval, TaskAssessment } from '../core/assessment.ts';
import { leftOutText } from './kinds-text.ts';
import { type Page, paint, table, wrap } from './table.ts';
import { count, dateTime, duration, money, percent, plural } from './words.ts';

export function assessText(
  report: AssessReport,
  page: Page,
  { isDetailed }: { readonly isDetailed: boolean },
): string {
  const { total, epsilon, delta, tasks } = report;
  const lines = [
    `${paint(page, 'bold', 'Assessment')}  ${dateTime(report.startedAt)} UTC · ${duration(report.seconds)} · ${count(report.calls)} calls, ${count(report.usableCalls)} of them usable · ${plural(tasks.length, 'task')}`,
  ];
  if (tasks.length === 0)
    return [
      ...lines,
      'No kind of call has come in often enough yet to be a task; some hundreds of a kind are needed to prove anything.',
    ].join('\n');
  const ofDollars = total.dollars === null ? '' : `, and ${interval(total.dollars)} of the dollars`;
  lines.push(
    wrap(
      `Expected: ${paint(page, 'bold', interval(total.coverage))} of the calls taken over${ofDollars}, with at most ${percent(epsilon)} errors among them at ${percent(1 - delta)} confidence.`,
      page.width,
      0,
    ),
    '',
    tasksTable(report, page),
  );
  const advised = tasks.filter((task) => adviceOf(task, epsilon) !== '');
  if (advised.length > 0) {
    lines.push('', paint(page, 'bold', 'What to do'));
    for (const task of advised)
      lines.push(wrap(`${task.task.name}: ${adviceOf(task, epsilon)}`, page.width, 2));
  }
  if (isDetailed) for (const task of tasks) lines.push('', detailText(task, page));
  const left = leftOutText(report.leftOut);
  if (left !== '') lines.push('', wrap(paint(page, 'dim', `Left out: ${left}.`), page.width, 0));
  for (const note of report.notes) lines.push(wrap(paint(page, 'yellow', note), page.width, 0));
  lines.push('', wrap(paint(page, 'dim', FOOTNOTE), page.width, 0));
  return lines.join('\n');
}

const FOOTNOTE =
  'Expected shares are of the gate run on predictions of cheap models that had not seen the call; nine of ten outcomes should lie within the brackets, if later calls are like these. A rung that takes minutes may do better.';

function tasksTable({ tasks, epsilon }: AssessReport, page: Page): string {
  return table(
    page,
    [
      { title: 'task' },
      { title: 'kind' },
      { title: 'calls', align: 'right' },
      { title: '$', align: 'right' },
      { title: 'repeats', align: 'right' },
      { title: 'copied', align: 'right' },
      { title: `taken over at ${percent(epsilon)}`, align: 'right' },
      { title: 'rung' },
      { title: 'calls to go', align: 'right' },
      { title: 'learning', align: 'right' },
      { title: 'paid back', align: 'right' },
    ],
    tasks.map(({ task, usage, profile, rung, cost, expected }) => {
      const own = at(expected, epsilon);
      return [
        bothEnds(task.name),
        task.kind,
        count(task.calls),
        usage.dollars === null ? '–' : money(Number(usage.dollars.toPrecision(2))),
        percent(profile.answersRepeated),
        profile.copyable === null ? '–' : percent(profile.copyable),
        own === undefined ? '0 %' : paint(page, own.mean >= LITTLE ? 'green' : 'yellow', interval(own)),
        rung ?? '–',
        own === undefined || rung === null ? '–' : moreText(own),
        rung === null ? '–' : duration(Math.max(1, Math.round(cost.minutes * 60))),
        cost.paybackDays === null ? '–' : daysText(cost.paybackDays),
      ];
    }),
  );
}

/** Names of one agent's turns differ at the end. */
const bothEnds = (name: string): string =>
  name.length <= 30 ? name : `${name.slice(0, 14).trimEnd()}…${name.slice(-15).trimStart()}`;

const at = (expected: readonly ExpectedCoverage[], epsilon: number): ExpectedCoverage | undefined =>
  expected.find((each) => each.epsilon === epsilon);

/** '62 % (41–80)'; one figure where all three are 0. */
function interval({ mean, low, high }: Interval): string {
  if (high < 0.005) return '0 %';
  return `${percent(mean)} (${Math.round(100 * low)}–${Math.round(100 * high)})`;
}

const moreText = ({ moreCalls, withMoreCalls }: ExpectedCoverage): string =>
  withMoreCalls < LITTLE
    ? '?'
    : moreCalls === null
      ? 'no help'
      : moreCalls === 0 || withMoreCalls === 0
        ? '0'
        : `about ${count(moreCalls)}`;

const daysText = (days: number): string =>
  days < 1 / 24 ? 'at once' : days < 1 ? `${Math.ceil(days * 24)} h` : `${count(Math.ceil(days))} days`;

/** Why nothing is expected, or which way is cheaper; '' where there is nothing to say. */
function adviceOf({ why, cost, rung, expected }: TaskAssessment, epsilon: number): string {
  const isNothing = rung === null || (at(expected, epsilon)?.mean ?? 0) < LITTLE;
  return [isNothing ? why : '', cost.advice].filter((each) => each !== '').join(' ');
}

/** A smaller share is worth no training. */
const LITTLE = 0.02;

/** All that is known of a task. */
function detailText(task: TaskAssessment, page: Page): string {
  const { usage, profile, probe, expected, cost } = task;
  const money0 = (dollars: number | null): string =>
    dollars === null ? 'unknown' : money(Number(dollars.toPrecision(2)));
  const lines = [
    paint(page, 'bold', task.task.name),
    `  call sites       ${task.sites.map(({ id, calls, tools, turn }) => `${id} (${plural(calls, 'call')}${tools.length > 0 ? `, ${plural(tools.length, 'tool')}` : ''}${turn === 'user' ? '' : `, ${turn}`})`).join(', ')}`,
    `  tokens           ${count(usage.promptTokens)} in, ${count(usage.completionTokens)} out; ${money0(usage.dollars)}${usage.callsPerDay === null ? '' : `; ${count(usage.callsPerDay)} calls a day`}`,
    `  answers          ${count(profile.distinctAnswers)} distinct, ${profile.entropyBits.toFixed(1)} bits; ${percent(profile.answersRepeated)} of calls have one met five times or more`,
    `  inputs           ${percent(profile.inputsRepeated)} of calls have one that comes again${profile.contradicted === null ? '' : `; ${percent(profile.contradicted)} of those were answered otherwise than most`}`,
    ...(profile.copyable === null
      ? []
      : [`  copied           ${percent(profile.copyable)} of the values stand in the input`]),
  ];
  if (probe !== null) {
    const others = probe.others.map(({ rung, accuracy }) => `${rung} ${percent(accuracy)}`).join(', ');
    lines.push(
      `  probe            ${probe.rung}: ${percent(probe.accuracy)} of ${count(probe.calls)} calls right, out of fold${others === '' ? '' : ` (${others})`}`,
      ...expected.map(
        (each) =>
          `  at ${percent(each.epsilon).padEnd(14)}${interval(each)} taken over; passes ${percent(each.passes)} of the time; ${percent(each.withMoreCalls)} with plenty of calls${each.moreCalls ? `, about ${count(each.moreCalls)} more` : ''}`,
      ),
      `  learning curve   ${probe.curve.map(({ calls, accuracy, coverage, extrapolated }) => `${count(calls)} calls ${percent(accuracy)} right, ${percent(coverage)} served${extrapolated ? ' (extrapolated)' : ''}`).join('; ')}`,
    );
  }
  lines.push(
    `  learning         ${duration(Math.max(1, Math.round(cost.minutes * 60)))} of this machine (${money0(cost.machineDollars)})${cost.askAgainDollars === null ? '' : `; asking again ${money0(cost.askAgainDollars)}`}${cost.judgeDollars === null ? '' : `; a judge about ${money0(cost.judgeDollars)}`}`,
    `  saving           ${cost.savingPerDay === null ? 'unknown: no price, or no times' : `${money0(cost.savingPerDay)} a day`}${cost.paybackDays === null ? '' : `; paid back in ${daysText(cost.paybackDays)}${cost.paybackDaysAskingAgain === null ? '' : `, with asking again ${daysText(cost.paybackDaysAskingAgain)}`}`}`,
    wrap(task.why, page.width, 2),
  );
  return lines.join('\n');
}
