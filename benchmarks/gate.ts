/**
 * The gate held to its word: random splits of recorded answers (gate/splits.ts), and one simulation for each way in which
 * the bound could break (gate/faults/, a file each). `npm run bench -- gate [--json] [NAME …]` runs those that are named.
 * In the JSON `violationShare` and `violationHigh` (its 95 % interval's end) are those of the worst data set,
 * `naiveViolationShare` that of the best, and `coverage` is the mean.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault, FaultSimulation } from './gate/fault.ts';
import { DATA, readRecorded } from './gate/recorded.ts';
import { METHODS, simulateSplits } from './gate/splits.ts';
import type { BenchmarkResult } from './run.ts';

const RUNS = 1_000;
const FAULTS = join(import.meta.dirname, 'gate/faults');

export async function run(args: readonly string[] = process.argv.slice(3)): Promise<BenchmarkResult> {
  const wanted = args.filter((arg) => !arg.startsWith('--'));
  const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name);
  const { found, missing } = isWanted('splits') ? await readRecorded() : { found: [], missing: [] };
  if (missing.length > 0) console.error(`Skipped, not in ${DATA}: ${missing.join(', ')}.`);
  const splits = found.map((recorded) => ({ ...recorded, figures: simulateSplits(recorded, RUNS) }));
  const faults: Record<string, Fault & { readonly what: string }> = {};
  for (const file of readdirSync(FAULTS).sort()) {
    const name = file.replace(/\.ts$/, '');
    if (name === file || !isWanted(name)) continue;
    const { what, simulate } = (await import(join(FAULTS, file))) as FaultSimulation;
    faults[name] = { what, ...(await simulate()) };
  }
  const worst = splits.map(({ figures }) => figures.gate.violations).sort((a, b) => b.share - a.share)[0];
  const naive = splits.map(({ figures }) => figures.naive.violations.share);
  const coverages = splits.map(({ figures }) => figures.gate.coverage);
  return {
    table: [
      ...splits.flatMap(({ name, epsilon, figures }) =>
        METHODS.map((method) => ({
          what: `${name}, ${method}`,
          value: percent(figures[method].violations.share),
          goal: `splits with more than ${percent(epsilon)} errors; 95 %: ${percent(figures[method].violations.low)} – ${percent(figures[method].violations.high)}`,
          holds: method === 'gate' ? (figures.gate.violations.low <= 0.05 ? 'yes' : 'NO') : '',
          served: percent(figures[method].coverage),
        })),
      ),
      ...Object.entries(faults).map(([name, { value, goal, holds }]) => ({
        what: name,
        value: Number(value.toPrecision(4)),
        goal,
        holds: holds ? 'yes' : 'NO',
        served: '',
      })),
    ],
    json: {
      runs: RUNS,
      violationShare: worst?.share ?? null,
      violationHigh: worst?.high ?? null,
      naiveViolationShare: naive.length === 0 ? null : Math.min(...naive),
      coverage: coverages.length === 0 ? null : coverages.reduce((a, b) => a + b, 0) / coverages.length,
      missing,
      splits: Object.fromEntries(
        splits.map(({ name, what, epsilon, answers, figures }) => [
          name,
          { what, epsilon, answers: answers.length, ...figures },
        ]),
      ),
      faults,
    },
  };
}

const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`;
