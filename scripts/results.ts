/**
 * Writes docs/results.md: the recordings through `understudy learn`, with date, commit and hardware.
 * `npm run results` (half an hour on two cores); needs ../shared/data. Does not: run in CI.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RecordingResult, rowOf, run } from '../benchmarks/recordings.ts';
import type { Verdict } from '../src/core/specialist.ts';

const { json } = await run([]);
const { results } = json as { readonly results: readonly RecordingResult[] };
const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim();
const hardware = results[0]?.report.hardware;

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

const sections = results.map(({ recording, imported, report }) => {
  const rows = report.tasks.map(rowOf);
  const columns = Object.keys(rows[0] ?? { task: '' });
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  return [
    `## ${recording.name}`,
    '',
    `${recording.what}. ${imported} calls imported, ${report.usableCalls} usable; learnt in ${Math.round(report.seconds)} s, at most ${recording.minutes} minutes of them for language models.`,
    '',
    ...(rows.length === 0
      ? ['No task has calls enough to be learnt.']
      : [
          line(columns),
          line(columns.map(() => '---')),
          ...rows.map((row) => line(columns.map((name) => row[name] ?? ''))),
        ]),
    '',
    ...report.tasks.flatMap(({ task, verdicts }) => [
      `<details><summary>Candidates for ${task.name}</summary>`,
      '',
      ...byReason(verdicts.filter(({ reason }) => !everywhere.has(reason))),
      '',
      '</details>',
      '',
    ]),
  ].join('\n');
});

writeFileSync(
  join(import.meta.dirname, '../docs/results.md'),
  `# Results on recorded calls

What \`understudy import\` and \`understudy learn\` make of public recordings, with the defaults: at most 2 % errors
among the calls taken over (against the recorded answers), with 95 % confidence. Accuracy is that of all answers on
the calibration split; predicted is the share that \`understudy assess\` had said, without training, with the limits that nine of
ten outcomes should lie within (a floor where a rung that takes minutes wins); what is served, and the errors among it, are from the exam, which is opened only for those that
pass the gate. Intervals are exact, 95 %. A refusal says why, and about how many more calls of the task would be needed.

Made by \`npm run results\` on ${new Date().toISOString().slice(0, 10)} at commit ${git('rev-parse', '--short', 'HEAD')}, on ${hardware?.cores} cores (${hardware?.cpu}, ${hardware?.platform}), Node ${hardware?.node}.
${always.length > 0 ? `\nFor every task:\n\n${always.join('\n')}\n` : ''}
${sections.join('\n')}`,
);
