/**
 * A quarter of a year in a minute: an agent's calls through the real router, audits, stages, alarms, store, scheduler and learning
 * pipeline, while the world changes: new intents, shifted labels, another model at the provider, twice the calls, an edited
 * prompt, junk feedback from one key. `--seeds N` (default 20), `--from S` the first seed, `--svg FOLDER` draws the weeks.
 * Those seeds are kept for reports: 1 to 99 are for whoever changes the scheduler.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Line, weeksPlot } from '../src/report/weeks-plot.ts';
import { answersTo, quantile, summarise, type Week, weeksOf } from './drift/figures.ts';
import { EPSILON, playQuarter, type Quarter } from './drift/quarter.ts';
import { CHANGES, DAY_MS, START } from './drift/world.ts';
import type { BenchmarkResult } from './run.ts';

const FIRST_SEED = 101;

export async function run(): Promise<BenchmarkResult> {
  const seeds = Number(option('--seeds') ?? 20);
  const first = Number(option('--from') ?? FIRST_SEED);
  const quarters: Quarter[] = [];
  const started = process.cpuUsage();
  for (let seed = first; seed < first + seeds; seed++) quarters.push(await playQuarter(seed));
  const { user, system } = process.cpuUsage(started);
  const svg = option('--svg');
  if (svg !== undefined) draw(quarters, svg);
  const summary = summarise(quarters);
  const cpuSeconds = Math.round((user + system) / 1e6);
  return {
    table: [
      ...CHANGES.map((change) => changeRow(quarters, change)),
      {
        change: `all ${summary.seeds} quarters`,
        live: summary.liveDeployments,
        'median calls to answer': cell(summary.medianDetectionCalls),
        unanswered: share(summary.undetectedShare),
        'coverage before → after': share(summary.coverage),
        'error before → after': share(summary.servedError),
      },
    ],
    json: { ...finite(summary), cpuSeconds },
  };
}

function changeRow(quarters: readonly Quarter[], change: (typeof CHANGES)[number]) {
  const answers = quarters.flatMap((quarter) => answersTo(quarter, change) ?? []);
  const sums = (of: 'before' | 'after'): Week =>
    answers.reduce(
      (sum, each) => ({
        calls: sum.calls + each[of].calls,
        served: sum.served + each[of].served,
        wrong: sum.wrong + each[of].wrong,
      }),
      { calls: 0, served: 0, wrong: 0 },
    );
  const [before, after] = [sums('before'), sums('after')];
  return {
    change,
    live: answers.length,
    'median calls to answer': cell(
      quantile(
        answers.map(({ calls }) => calls ?? Number.POSITIVE_INFINITY),
        0.5,
      ),
    ),
    unanswered: share(answers.filter(({ calls }) => calls === null).length / Math.max(1, answers.length)),
    'coverage before → after': `${share(before.served / Math.max(1, before.calls))} → ${share(after.served / Math.max(1, after.calls))}`,
    'error before → after': `${share(before.wrong / Math.max(1, before.served))} → ${share(after.wrong / Math.max(1, after.served))}`,
  };
}

/** Two plots: the error among the served, and the share that is served, by week. */
function draw(quarters: readonly Quarter[], folder: string): void {
  mkdirSync(folder, { recursive: true });
  const weeks = quarters.map(weeksOf);
  const byWeek = (of: (week: Week) => number | null, at: number): (number | null)[] =>
    weeks[0]!.map((_, i) => {
      const values = weeks.flatMap((each) => of(each[i]!) ?? []);
      return values.length === 0 ? null : quantile(values, at);
    });
  const error = ({ served, wrong }: Week): number | null => (served >= 30 ? wrong / served : null);
  const coverage = ({ served, calls }: Week): number => served / Math.max(1, calls);
  const lines = (of: (week: Week) => number | null, name: string): Line[] => [
    { name: `median of ${quarters.length} quarters`, values: byWeek(of, 0.5), emphasis: 'main' },
    { name: name, values: byWeek(of, name.startsWith('95') ? 0.95 : 0.05), emphasis: 'other' },
  ];
  const marks = CHANGES.map((name) => {
    const at = quarters.map(({ world }) => (world.changes.get(name)! - START) / DAY_MS / 7);
    return { name, at: at.reduce((sum, each) => sum + each, 0) / at.length };
  });
  const plots = {
    'drift-error.svg': weeksPlot('errors among the served', lines(error, '95th percentile'), {
      marks,
      limit: EPSILON,
    }),
    'drift-coverage.svg': weeksPlot('share of calls served', lines(coverage, '5th percentile'), {
      marks,
      max: 1,
    }),
  };
  for (const [name, text] of Object.entries(plots)) writeFileSync(join(folder, name), `${text}\n`);
}

function option(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

const share = (value: number): string => `${(value * 100).toFixed(1)} %`;
const cell = (value: number): string | number => (Number.isFinite(value) ? value : 'none');
/** JSON has no infinity: what most never answered has no median. */
const finite = (values: Readonly<Record<string, number>>) =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      Number.isFinite(value) ? Number(value.toPrecision(4)) : null,
    ]),
  );
