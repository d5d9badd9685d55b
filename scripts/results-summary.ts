/** One line of the results' first table: what was taken over of a recording, by kind of answer and by money. Pure. */
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
const percent = (share: number): string => `${number(share)} %`;
