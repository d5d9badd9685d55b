/**
 * What the results say of each recording: one line of their first table, with what was taken over by kind of answer and by money,
 * and of which program and machine that is. Pure.
 */
import type { RecordingResult } from '../benchmarks/recordings.ts';
import type { AnswerKind } from '../src/core/answer.ts';
import type { TaskReport } from '../src/core/learning.ts';
import { rateOf } from '../src/stats/statistics.ts';

/** gpt-4o's list price, dollars a token. */
const PRICE = { prompt: 2.5e-6, completion: 10e-6 };
const KINDS: Readonly<Record<AnswerKind, string>> = {
  label: 'labels',
  json: 'JSON',
  tool: 'tool calls',
  text: 'text',
};

interface Part {
  readonly kind: AnswerKind;
  readonly calls: number;
  readonly served: number;
}

/** @throws Error where a task was not assessed. */
export function summaryOf({ recording, assessed, report }: RecordingResult): Record<string, string | number> {
  const parts = report.tasks.flatMap(partsOf);
  const served = sum(parts.map((part) => part.served));
  const exams = report.tasks.filter(isPassed).map(({ specialist }) => specialist!.evidence.exam.servedError);
  const [wrong, n] = [sum(exams.map(({ hits }) => hits)), sum(exams.map((rate) => rate.n))];
  const costs = new Map(
    assessed.tasks.map(({ task, usage }) => [
      task.id,
      usage.promptTokens * PRICE.prompt + usage.completionTokens * PRICE.completion,
    ]),
  );
  const saved = sum(report.tasks.map((each) => coverageOf(each) * (costs.get(each.task.id) ?? 0)));
  const { coverage } = assessed.total;
  const row: Record<string, string | number> = {
    recording: recording.name,
    calls: report.usableCalls,
    'taken over': percent(served / report.usableCalls),
    predicted: `${percent(coverage.mean)} (${number(coverage.low)}–${number(coverage.high)})`,
    'of the money': percent(saved / sum([...costs.values()])),
    errors: n === 0 ? '–' : errorsOf(wrong, n),
  };
  for (const [kind, name] of Object.entries(KINDS)) {
    const mine = parts.filter((part) => part.kind === kind);
    const calls = sum(mine.map((part) => part.calls));
    row[name] =
      calls < 1 ? '' : `${percent(sum(mine.map((part) => part.served)) / calls)} of ${Math.round(calls)}`;
  }
  return row;
}

const isPassed = ({ outcome, specialist }: TaskReport): boolean =>
  outcome === 'passed' && specialist !== null;

const coverageOf = (report: TaskReport): number =>
  isPassed(report) ? report.specialist!.evidence.exam.coverage.share : 0;

/** A task's calls by kind, and how many of each would be served at the exam's share. */
function partsOf(report: TaskReport): Part[] {
  const { kind, kinds, calls } = report.task;
  const shares = Object.entries(kinds ?? (kind === 'mixed' ? {} : { [kind]: 1 })) as [AnswerKind, number][];
  const byKind = isPassed(report) ? report.specialist!.evidence.exam.byKind?.kinds : undefined;
  return shares.map(([own, share]) => {
    const coverage = byKind?.find((each) => each.kind === own)?.coverage.share ?? coverageOf(report);
    return { kind: own, calls: calls * share, served: calls * share * coverage };
  });
}

function errorsOf(wrong: number, n: number): string {
  const { share, low, high } = rateOf(wrong, n);
  return `${percent(share)} (${number(low)}–${number(high)}), ${wrong} of ${n}`;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const number = (share: number): string => (100 * share).toFixed(1);
/** A share of nothing is none. */
const percent = (share: number): string => (Number.isFinite(share) ? `${number(share)} %` : '–');

/**
 * Where the results were made, in a sentence for all of them, or one for each recording, where they differ: they may come from files
 * of several runs.
 * @param commit Of those that do not say so.
 */
export function madeOf(results: readonly RecordingResult[], commit: string): string[] {
  const each = results.map((result) => ({ name: result.recording.name, how: howMade(result, commit) }));
  const [first, ...others] = [...new Set(each.map(({ how }) => how))];
  if (first === undefined) return [];
  if (others.length === 0) return [`Made by \`npm run results\` ${first}.`];
  const byHow = Map.groupBy(each, ({ how }) => how);
  return [
    'Made by `npm run results`, not all by one program or at one time:',
    '',
    ...[...byHow].map(([how, own]) => `- ${own.map(({ name }) => name).join(', ')}: ${how}.`),
  ];
}

function howMade({ report: { startedAt, hardware }, commit: own }: RecordingResult, commit: string): string {
  const day = new Date(startedAt).toISOString().slice(0, 10);
  const { cores, cpu, platform, node } = hardware;
  return `on ${day} at commit ${own ?? commit}, on ${cores} cores (${cpu}, ${platform}), Node ${node}`;
}
