/**
 * Reports as text for the terminal: what a person wants to know first comes first.
 * Does not: show imports (import.ts), the demo (demo-text.ts) or the page (html.ts).
 */
import type { Finding } from '../core/finding.ts';
import type { LearnReport, TaskReport } from '../core/learning.ts';
import type { Evidence, Rate } from '../core/specialist.ts';
import type { StatusReport } from '../core/status-report.ts';
import { outcomeLines, truthText, unseenText, vetoText } from './evidence-text.ts';
import { findingsText } from './findings-text.ts';
import { judgedText, judgeLine, judgeSpentLine } from './judge-text.ts';
import { byKindText, kindText, leftOutText } from './kinds-text.ts';
import { clip, paint, type TextStyle, table, wrap } from './table.ts';
import { bytes, count, dateTime, duration, milliseconds, money, percent, plural, rate } from './words.ts';

interface Page extends TextStyle {
  readonly width: number;
}

/** One line of `understudy doctor`. */
export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'problem';
  readonly found: string;
  /** What to do; '' where all is well. */
  readonly hint: string;
}

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

export function checksText(checks: readonly Check[], page: Page): string {
  const marks = { ok: ['green', 'ok'], warning: ['yellow', 'warning'], problem: ['red', 'problem'] } as const;
  const width = Math.max(...checks.map((check) => check.name.length));
  return checks
    .map((check) => {
      const [code, word] = marks[check.state];
      const line = `${paint(page, code, word.padEnd(7))}  ${check.name.padEnd(width)}  ${check.found}`;
      return check.hint === '' ? line : `${line}\n${wrap(check.hint, page.width, width + 11)}`;
    })
    .join('\n');
}

/** 'gpt-4.1: $2.00 in, $0.50 cached, $8.00 out per million tokens (source, date)'. */
export function priceText(price: {
  readonly model: string;
  readonly inputPerToken: number;
  readonly cachedInputPerToken: number;
  readonly outputPerToken: number;
  readonly source: string;
  readonly asOf: string;
}): string {
  const per = (dollars: number): string => money(dollars * 1e6);
  return `${price.model}: ${per(price.inputPerToken)} in, ${per(price.cachedInputPerToken)} cached, ${per(price.outputPerToken)} out per million tokens (${price.source}${price.asOf === '' ? '' : `, ${price.asOf}`})`;
}
