/**
 * What a team with logs would see: the public recordings of ../shared/data through the real program, `import` and
 * then `learn`, each in a fresh data folder. `npm run bench -- recordings [NAME …]`; scripts/results.ts keeps the table.
 * Does not: convert the recordings (recordings/convert.ts).
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { AssessReport, Interval } from '../src/core/assessment.ts';
import type { LearnReport, TaskReport } from '../src/core/learning.ts';
import type { Rate } from '../src/core/specialist.ts';
import { RECORDINGS, type Recording } from './recordings/convert.ts';
import type { BenchmarkResult } from './run.ts';

const ROOT = resolve(import.meta.dirname, '..');
const DATA = join(ROOT, '../shared/data');

export interface RecordingResult {
  readonly recording: Pick<Recording, 'name' | 'what' | 'minutes'>;
  readonly imported: number;
  /** What was said beforehand, without training. */
  readonly assessed: Pick<AssessReport, 'total' | 'tasks'>;
  readonly report: LearnReport;
  /** Of the program that ran, '-dirty' where files had been changed since. Absent in what earlier versions have printed. */
  readonly commit?: string;
}

/** Runs the recordings that are named, all of them unless told. */
export async function run(names: readonly string[] = process.argv.slice(3)): Promise<BenchmarkResult> {
  const wanted = names.filter((name) => !name.startsWith('--'));
  const results = RECORDINGS.filter(({ name }) => wanted.length === 0 || wanted.includes(name)).map(
    learnFrom,
  );
  return {
    table: results.flatMap(({ recording, report }) =>
      report.tasks.map((task) => ({ recording: recording.name, ...rowOf(task) })),
    ),
    json: { results },
  };
}

/** One recording, imported and learnt in a folder that is gone afterwards; weights are kept between runs. */
function learnFrom({ name, what, minutes, lines }: Recording): RecordingResult {
  if (!existsSync(DATA)) throw new Error(`The recordings are not here: ${DATA} is missing.`);
  // Before it runs: by its end somebody may have committed more.
  const commit = commitNow();
  const dir = mkdtempSync(join(tmpdir(), `understudy-${name}-`));
  try {
    const kept = join(ROOT, '.understudy/weights');
    mkdirSync(kept, { recursive: true });
    symlinkSync(kept, join(dir, 'weights'));
    const log = join(dir, `${name}.jsonl`);
    writeFileSync(
      log,
      lines(DATA)
        .map((line) => `${JSON.stringify(line)}\n`)
        .join(''),
    );
    const imported = understudy(['import', log], dir) as { readonly calls: number };
    // What is said beforehand is kept with the tasks, and learning reports it beside what it reached.
    const { total, tasks } = understudy(['assess'], dir) as AssessReport;
    const report = understudy(['learn', '--minutes', String(minutes)], dir) as LearnReport;
    return {
      recording: { name, what, minutes },
      imported: imported.calls,
      assessed: { total, tasks },
      report,
      commit,
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const commitNow = (): string =>
  execFileSync('git', ['describe', '--always', '--dirty', '--exclude', '*'], {
    cwd: ROOT,
    encoding: 'utf8',
  }).trim();

/** The program as a user runs it; its progress stays visible. */
function understudy(args: readonly string[], dataDir: string): unknown {
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(ROOT, 'src/cli.ts'), ...args, '--data-dir', dataDir, '--json'],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 30 },
  );
  if (status !== 0) throw new Error(`understudy ${args[0]} ended with ${status}`);
  return JSON.parse(stdout);
}

/** A task as a row of the table: what was proved on the exam, or why nothing was. */
export function rowOf({
  task,
  specialist,
  outcome,
  reason,
  moreCalls,
  predicted,
}: TaskReport): Record<string, string | number> {
  const exam = outcome === 'passed' ? specialist?.evidence.exam : undefined;
  const tools = specialist?.evidence.calibration.byKind?.tools;
  return {
    task: task.name,
    kind: kindOf(task),
    calls: task.calls,
    method: specialist?.artefact.rung ?? '–',
    accuracy: specialist ? share(specialist.evidence.calibration.accuracy) : '–',
    'tool or none': tools ? share(tools.choice) : '–',
    'arguments given the tool': tools ? share(tools.arguments) : '–',
    predicted: predicted ? predictedText(predicted.coverage) : '–',
    served: exam ? share(exam.coverage) : '–',
    'errors among them': exam
      ? `${share(exam.servedError)}, ${exam.servedError.hits} of ${exam.servedError.n}`
      : '–',
    result: outcome === 'passed' ? 'passed' : `no: ${reason}`,
    'more calls': outcome === 'passed' ? '' : (moreCalls ?? 'would not help'),
  };
}

/** What `assess` had said: '56 % (23–64)'. */
const predictedText = ({ mean, low, high }: Interval): string =>
  `${(mean * 100).toFixed(1)} % (${(low * 100).toFixed(1)}–${(high * 100).toFixed(1)})`;

/** 'tool', or 'mixed: 66 % text, 34 % tool'. */
function kindOf({ kind, kinds = {} }: TaskReport['task']): string {
  const shares = Object.entries(kinds).map(([own, part]) => `${Math.round(100 * part)} % ${own}`);
  return kind === 'mixed' ? `mixed: ${shares.join(', ')}` : kind;
}

const share = ({ n, share, low, high }: Rate): string =>
  n === 0 ? '–' : `${(share * 100).toFixed(1)} % (${(low * 100).toFixed(1)}–${(high * 100).toFixed(1)})`;
