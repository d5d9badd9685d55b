/** The demo's report as text for the terminal. */
import type { DemoReport, DemoTask } from '../core/demo-report.ts';
import { learnText, reasonsText } from './learn-text.ts';
import { priceText } from './price-text.ts';
import { clip, type Page, paint, table, wrap } from './table.ts';
import { count, duration, milliseconds, money, percent, rate } from './words.ts';

export function demoText(report: DemoReport, page: Page): string {
  const bold = (text: string): string => paint(page, 'bold', text);
  const { secondHalf } = report;
  return [
    '',
    bold(
      report.fast ? 'A short working day with an understudy (fast demo)' : 'A working day with an understudy',
    ),
    ...(report.fast ? [wrap(paint(page, 'yellow', FAST), page.width, 0)] : []),
    wrap(upstreamText(report), page.width, 0),
    '',
    bold('Tasks found'),
    tasksFound(report, page),
    `  Adjusted Rand index against the agent's real call sites: ${report.clusterAri.toFixed(3)}`,
    '',
    learnText(report.learn, page),
    '',
    bold('Second half of the day'),
    secondHalfTable(report, page),
    '',
    `  Taken over   ${paint(page, 'bold', percent(secondHalf.takenOver.share))} of ${count(secondHalf.calls)} calls`,
    `  True errors  ${rate(secondHalf.servedErrors)} of the ${count(secondHalf.servedErrors.n)} answers served, by the mailbox's truth, which the pipeline never sees`,
    `  To the LLM   ${reasonsText(defined(secondHalf.llmReasons))}`,
    ...secondHalf.tasks.filter((task) => Object.keys(task.escalations).length > 0).map(escalationLine),
    `  Cost         ${money(report.costBefore)} → ${money(report.costAfter)}${saved(report)}`,
    `  Latency      p50 ${milliseconds(report.latencyBefore.p50)} → ${milliseconds(report.latencyAfter.p50)}, p95 ${milliseconds(report.latencyBefore.p95)} → ${milliseconds(report.latencyAfter.p95)}${report.upstream.timeScale === 1 ? '' : " (with an LLM's full time, of which the stand-in waited a part)"}`,
    ...report.prices.map((price) => paint(page, 'dim', `  Price        ${priceText(price)}`)),
    '',
    bold('Stages'),
    ...secondHalf.tasks.filter((task) => task.history.length > 0).map((task) => stagesLine(task, report)),
    '',
    paint(
      page,
      'dim',
      `${report.steps.map((step) => `${step.name} ${duration(step.seconds)}`).join(' · ')} · in all ${duration(report.seconds)}`,
    ),
  ].join('\n');
}

/** What the fast demo leaves out. */
export const FAST =
  'This is the fast demo. Left out: more than half of the messages, and all that takes minutes to train (the fine-tuned encoder, the extractor, language models), which take over what words and vectors alone do not. With fewer held-back calls fewer proofs pass, and intervals are wider. Its figures are not those of the demo: for them run `understudy demo`.';

/** Who played the LLM, and how. */
export function upstreamText(report: DemoReport): string {
  const { upstream, mailbox } = report;
  const day = `${count(mailbox.messages)} messages: ${count(mailbox.firstHalf)} in the first half of the day, ${count(mailbox.secondHalf)} in the second.`;
  if (!upstream.standIn) return `The LLM is ${upstream.model}, your own. ${day}`;
  return `The LLM is played by a stand-in under the name ${upstream.model}: it answers from the mailbox's truth, is wrong ${percent(upstream.mistakeShare ?? 0)} of the time, and ${upstream.timeScale === 1 ? 'takes as long as an LLM takes' : `waits ${percent(upstream.timeScale)} of the time an LLM takes, to keep the demo short; reported latencies have the rest added`}. ${day}`;
}

function tasksFound(report: DemoReport, page: Page): string {
  const sites = [...new Set(report.tasksFound.flatMap((row) => Object.keys(row.callsBySite)))].sort();
  return table(
    page,
    [{ title: 'task found \\ call site' }, ...sites.map((title) => ({ title, align: 'right' as const }))],
    report.tasksFound.map((row) => [
      clip(row.task, 30),
      ...sites.map((site) => (row.callsBySite[site] ? count(row.callsBySite[site]) : '·')),
    ]),
  );
}

function secondHalfTable(report: DemoReport, page: Page): string {
  return table(
    page,
    [
      { title: 'call site' },
      { title: 'method' },
      { title: 'stage' },
      { title: 'served', align: 'right' },
      { title: 'of', align: 'right' },
      { title: 'share', align: 'right' },
      { title: 'bound', align: 'right' },
      { title: 'true errors (95 % interval)' },
      { title: 'p50 before', align: 'right' },
      { title: 'after', align: 'right' },
    ],
    report.secondHalf.tasks.map((task) => [
      clip(task.site, 24),
      task.method ?? '–',
      task.stage === null ? 'LLM only' : paint(page, task.stage === 'live' ? 'green' : 'yellow', task.stage),
      count(task.served),
      count(task.calls),
      percent(task.coverage.share),
      task.errorBound === null ? '–' : percent(task.errorBound),
      task.served === 0 ? '–' : `${rate(task.trueErrors)}, ${task.trueErrors.hits} of ${task.trueErrors.n}`,
      milliseconds(task.latencyBefore.p50),
      milliseconds(task.latencyAfter.p50),
    ]),
  );
}

function escalationLine(task: DemoTask): string {
  return `  Escalated    ${task.site}: ${reasonsText(defined(task.escalations))}`;
}

function stagesLine(task: DemoTask, report: DemoReport): string {
  const steps = task.history.map(
    (change) => `${change.stage} at ${duration((change.at - report.startedAt) / 1000)}`,
  );
  const why = task.history.at(-1)?.reason;
  return `  ${clip(task.site, 24).padEnd(24)}  ${steps.join(' → ')}${why ? ` (${why})` : ''}`;
}

function saved(report: DemoReport): string {
  if (report.costBefore <= 0) return '';
  const share = 1 - report.costAfter / report.costBefore;
  const learning =
    report.costLearning > 0 ? `, and ${money(report.costLearning)} once for asking again while learning` : '';
  return ` (${share >= 0 ? `${percent(share)} saved` : `${percent(-share)} more`}; audits and shadow calls included)${learning}`;
}

function defined(reasons: Readonly<Partial<Record<string, number>>>): Record<string, number> {
  return Object.fromEntries(Object.entries(reasons).flatMap(([reason, n]) => (n ? [[reason, n]] : [])));
}
