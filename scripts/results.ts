/**
 * Writes docs/results.md: the recordings through `understudy learn`, with date, commit and hardware.
 * `npm run results` (an hour on two cores); needs ../shared/data. `npm run results -- FILE …` takes what
 * `npm run bench -- recordings NAME --json` has printed into files instead, perhaps of different commits; RESULTS_COMMIT names that of
 * results which do not say. Does not: run in CI.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RecordingResult, rowOf, run } from '../benchmarks/recordings.ts';
import type { Verdict } from '../src/core/specialist.ts';
import { madeOf, summaryOf } from './results-summary.ts';

interface Saved {
  readonly results: readonly RecordingResult[];
}

const files = process.argv.slice(2);
/** The last line that a run with --json prints. */
const savedIn = (file: string): Saved => {
  const last = readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '';
  try {
    return JSON.parse(last) as Saved;
  } catch (cause) {
    throw new Error(`${file} does not end with the results of a run with --json.`, { cause });
  }
};
const results =
  files.length > 0 ? files.flatMap((file) => savedIn(file).results) : ((await run([])).json as Saved).results;
if (results.length === 0) throw new Error(`There are no results in ${files.join(', ')}.`);

const nameOf = ({ candidate: { rung, base } }: Verdict): string => (base ? `${rung} on ${base}` : rung);

/** A line for each reason, with all candidates that it holds for. */
const byReason = (verdicts: readonly Verdict[]): string[] =>
  [...Map.groupBy(verdicts, ({ reason }) => reason)].map(
    ([reason, alike]) => `- ${[...new Set(alike.map(nameOf))].join(', ')}: ${reason}`,
  );

/** Reasons that hold for every task, like a licence: said once. */
const tasks = results.flatMap(({ report }) => report.tasks);
const everywhere = new Set(
  (tasks[0]?.verdicts ?? [])
    .map(({ reason }) => reason)
    .filter((reason) => tasks.every(({ verdicts }) => verdicts.some((each) => each.reason === reason))),
);
const always = byReason((tasks[0]?.verdicts ?? []).filter(({ reason }) => everywhere.has(reason)));

const tableOf = (rows: readonly Readonly<Record<string, string | number>>[]): string[] => {
  const columns = Object.keys(rows[0] ?? { task: '' });
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(columns.map((name) => row[name] ?? ''))),
  ];
};

const sections = results.map(({ recording, imported, report }) =>
  [
    `## ${recording.name}`,
    '',
    `${recording.what}. ${imported} calls imported, ${report.usableCalls} usable; learnt in ${Math.round(report.seconds)} s, at most ${recording.minutes} minutes of them for language models.`,
    '',
    ...(report.tasks.length === 0
      ? ['No task has calls enough to be learnt.']
      : tableOf(report.tasks.map(rowOf))),
    '',
    ...report.tasks.flatMap(({ task, verdicts }) => [
      `<details><summary>Candidates for ${task.name}</summary>`,
      '',
      ...byReason(verdicts.filter(({ reason }) => !everywhere.has(reason))),
      '',
      '</details>',
      '',
    ]),
  ].join('\n'),
);

writeFileSync(
  join(import.meta.dirname, '../docs/results.md'),
  `# Results on recorded calls

What \`understudy import\` and \`understudy learn\` make of public recordings, with the defaults: at most 2 % errors
among the calls taken over (against the recorded answers), with 95 % confidence. HWU64 and the SGD services are annotated
language, written as calls; the others are recorded answers of LLMs, or labels of people (Banking77).

${madeOf(results, process.env.RESULTS_COMMIT ?? 'unknown').join('\n')}

## All recordings

Of all usable calls, the share that passed the gate and was served in the exam; predicted: what \`understudy assess\` had said
before anything was trained, with the limits that nine of ten outcomes should lie within; of the money: each call at its task's mean, by
gpt-4o's list price (2.50 dollars a million tokens read, 10 written). By the kind of the LLM's answers: the share taken over,
and of how many calls. Errors: of the calls served in the exams, with its exact 95 % interval.

${tableOf(results.map(summaryOf)).join('\n')}

In the tables below, accuracy is that of all answers on the calibration split; predicted is as above, for the task (a floor where a rung
that takes minutes wins); what is served, and the errors among it, are from the exam, which is opened only for those that
pass the gate. Intervals are exact, 95 %. A refusal says why, and about how many more calls of the task would be needed.
${always.length > 0 ? `\nFor every task:\n\n${always.join('\n')}\n` : ''}
${sections.join('\n')}`,
);
