/**
 * A learning run as text for the terminal: what can be taken over and its proof, what cannot and why, and what was tried.
 * Does not: show the page (html-learn.ts).
 */
import type { Finding } from '../core/finding.ts';
import type { LearnReport, TaskReport } from '../core/learning.ts';
import type { Evidence, Rate } from '../core/specialist.ts';
import { truthText, unseenText, vetoText } from './evidence-text.ts';
import { findingsText } from './findings-text.ts';
import { judgedText, judgeLine } from './judge-text.ts';
import { byKindText, kindText, leftOutText } from './kinds-text.ts';
import { clip, type Page, paint, table, wrap } from './table.ts';
import { bytes, count, dateTime, duration, milliseconds, percent, plural, rate } from './words.ts';

export function learnText(report: LearnReport, page: Page): string {
  const passed = report.tasks.filter((task) => task.outcome === 'passed');
  const title = report.dryRun ? 'Learning run, nothing deployed' : 'Learning run';
  const lines = [
    `${paint(page, 'bold', title)}  ${dateTime(report.startedAt)} UTC · ${duration(report.seconds)} · ${hardwareText(report)}`,
    `${count(report.calls)} calls, ${count(report.usableCalls)} of them usable · ${plural(report.tasks.length, 'task')}, ${passed.length} passed · at most ${percent(report.epsilon)} errors among the calls taken over, with ${percent(1 - report.delta)} confidence`,
  ];
  const dropped = report.leftOut ? leftOutText(report.leftOut) : reasonsText(report.dropped);
  if (dropped !== '')
    lines.push(wrap(paint(page, 'dim', `Nothing is learnt from: ${dropped}.`), page.width, 0));
  for (const note of report.notes) lines.push(wrap(paint(page, 'yellow', note), page.width, 0));
  if (report.tasks.length > 0) lines.push('', tasksTable(report, page));
  else lines.push('', nothingText(report));
  const asked = report.tasks.reduce((sum, task) => sum + task.askedAgain, 0);
  if (asked > 0)
    lines.push(
      `  References: majorities, after ${count(asked)} more answers of the LLM to held-back calls${report.tasks.some(({ judge }) => judge) ? ', second texts for the judge among them' : ''}.`,
    );
  if (passed.length > 0) {
    lines.push('', paint(page, 'bold', 'What can be taken over, and the proof'));
    for (const task of passed) lines.push(`  ${task.task.name}`, wrap(proofText(task), page.width, 4));
  }
  const refused = report.tasks.filter((task) => task.outcome === 'refused');
  if (refused.length > 0) {
    lines.push('', paint(page, 'bold', 'Not taken over'));
    for (const task of refused) {
      lines.push(`  ${task.task.name}`, wrap(refusalText(task) + evidenceText(task), page.width, 4));
    }
  }
  const odd = report.tasks
    .map((task) => ({ task, findings: oddIn(task) }))
    .filter(({ findings }) => findings.length > 0);
  if (odd.length > 0) {
    lines.push('', paint(page, 'bold', 'What is odd about the calls (`understudy suspects` lists them)'));
    for (const { task, findings } of odd) lines.push(`  ${task.task.name}`, findingsText(findings, page, 4));
  }
  const judged = report.tasks.flatMap(({ task, judge }) => (judge ? [{ task, judge }] : []));
  if (judged.length > 0) {
    lines.push('', paint(page, 'bold', 'Judging texts, and what it takes in all'));
    for (const { task, judge } of judged) lines.push(`  ${task.name}`, wrap(judgeLine(judge), page.width, 4));
  }
  const dropping = report.tasks.filter(({ dataset }) => (dataset?.leftOut ?? []).length > 0);
  if (dropping.length > 0) {
    lines.push('', paint(page, 'bold', 'Calls of tasks that were left out'));
    for (const { task, dataset } of dropping)
      lines.push(`  ${task.name}`, wrap(`${leftOutText(dataset?.leftOut ?? [])}.`, page.width, 4));
  }
  const tried = report.tasks.filter((task) => task.trained.length + task.verdicts.length > 0);
  if (tried.length > 0) {
    lines.push('', paint(page, 'bold', 'Candidates, and the time their training took'));
    for (const task of tried) lines.push(`  ${clip(task.task.name, 28).padEnd(28)}  ${candidatesText(task)}`);
  }
  return lines.join('\n');
}

/** What is odd about its calls; without what the reason of a refusal says already. */
const oddIn = ({ findings = [], outcome }: TaskReport): readonly Finding[] =>
  findings.filter(({ isCause }) => outcome === 'passed' || !isCause);

/** The gate's reason, and what the exam found and could have found. */
function proofText({ reason, specialist }: TaskReport): string {
  const evidence = specialist?.evidence;
  if (!evidence || evidence.exam.servedError.n === 0)
    return evidence ? reason + judgedText(evidence.judge) + truthText(evidence) : reason;
  const { hits, n } = evidence.exam.servedError;
  return `${reason} In the exam ${plural(hits, 'error')} in ${count(n)} served${unseenText(evidence)}.${vetoText(evidence)}${judgedText(evidence.judge)}${truthText(evidence)}${byKindText(evidence)}`;
}

/** What each kind of answers came to. */
const evidenceText = ({ specialist }: TaskReport): string =>
  specialist ? judgedText(specialist.evidence.judge) + byKindText(specialist.evidence) : '';

/** 'head 2.4 s ✓ · lora 3 min 2 s · not tried: knn, lora on 5 other models'. */
function candidatesText(task: TaskReport): string {
  const trained = task.trained.map((run) => {
    const chosen = task.verdicts.some(({ candidate, chosen }) => chosen && candidate.id === run.candidateId);
    return `${run.rung} ${duration(run.seconds)}${chosen ? ' ✓' : ''}`;
  });
  const untried = task.verdicts.filter(({ candidate }) =>
    task.trained.every((run) => run.candidateId !== candidate.id),
  );
  const names = [...Map.groupBy(untried, ({ candidate }) => candidate.rung)].map(([rung, { length }]) => {
    const other = task.trained.some((run) => run.rung === rung) ? 'other ' : '';
    if (length > 1) return `${rung} on ${length} ${other}models`;
    return other === '' ? rung : `${rung} on another model`;
  });
  return [...trained, ...(names.length > 0 ? [`not tried: ${names.join(', ')}`] : [])].join(' · ');
}

/** What to do where there is no task. */
function nothingText(report: LearnReport): string {
  return report.calls === 0
    ? 'There are no calls yet. Next: `understudy start` and a day of your agent, or `understudy import FILE`.'
    : 'No kind of call has come in often enough yet to be a task. Next: more calls; some hundreds of a kind are needed to prove anything.';
}

/** Why a task was refused, and what it would take. */
export function refusalText(task: TaskReport): string {
  const reason = task.reason.trim().replace(/\.?$/, '.');
  if (task.moreCalls === null || / more calls /.test(reason)) return reason;
  const calls = `about ${count(task.moreCalls)} more calls`;
  // The gate counts held-back calls; only a part of what comes in is held back.
  return / more held-back calls /.test(reason)
    ? `${reason} For that the task needs ${calls} in all.`
    : `${reason} It needs ${calls}.`;
}

/** '2 cores (name of the CPU), 25 GB'. */
export function hardwareText(report: LearnReport): string {
  const { cpu, cores, memoryBytes } = report.hardware;
  return `${plural(cores, 'core')} (${cpu.trim()}), ${bytes(memoryBytes)}`;
}

/** 'duplicate 120, failed 3', most frequent first; '' where nothing was left out. */
export function reasonsText(reasons: Readonly<Record<string, number>>): string {
  return Object.entries(reasons)
    .filter(([, n]) => n > 0)
    .sort((a, b) => b[1] - a[1])
    .map(([reason, n]) => `${reason} ${count(n)}`)
    .join(', ');
}

function tasksTable(report: LearnReport, page: Page): string {
  return table(
    page,
    [
      { title: 'task' },
      { title: 'kind' },
      { title: 'calls', align: 'right' },
      { title: 'method' },
      { title: 'accuracy', align: 'right' },
      { title: 'expected', align: 'right' },
      { title: 'could serve', align: 'right' },
      { title: 'errors among those (95 % interval)' },
      { title: 'p50', align: 'right' },
      { title: 'result' },
    ],
    report.tasks.map((task) => {
      const evidence = task.specialist?.evidence;
      return [
        clip(task.task.name, 28),
        kindText(task.task),
        count(task.task.calls),
        task.specialist?.candidate.rung ?? '–',
        evidence && accuracyOf(evidence).n > 0 ? percent(accuracyOf(evidence).share) : '–',
        expectedText(task),
        evidence && task.outcome === 'passed' ? percent(evidence.exam.coverage.share) : '–',
        evidence && task.outcome === 'passed'
          ? `${rate(evidence.exam.servedError)}, ${evidence.exam.servedError.hits} of ${evidence.exam.servedError.n}`
          : '–',
        evidence && evidence.latencyMs.p50 > 0 ? milliseconds(evidence.latencyMs.p50) : '–',
        task.outcome === 'passed'
          ? paint(page, 'green', task.deployed ? 'passed, deployed' : 'passed')
          : paint(page, 'yellow', 'refused'),
      ];
    }),
  );
}

/** What `assess` had said; '' where it was not asked. */
function expectedText({ predicted }: TaskReport): string {
  if (predicted === undefined) return '';
  const { mean, low, high } = predicted.coverage;
  return `${percent(mean)} (${Math.round(100 * low)}–${Math.round(100 * high)})`;
}

/** Of all its answers: on the exam, or on the calibration split where the gate's refusal left the exam closed. */
function accuracyOf(evidence: Evidence): Rate {
  return evidence.exam.accuracy.n > 0 ? evidence.exam.accuracy : evidence.calibration.accuracy;
}
