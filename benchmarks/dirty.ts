/**
 * Dirty traces: made traffic that is spoilt in the ways of real logs, through the real pipeline, beside the same traffic clean.
 * `worstLossPoints`: coverage or accuracy lost against clean traces, in points, where a specialist was deployed, or where a
 * refusal does not name its cause with calls. `silentDeployments`: specialists that are wrong more often than promised, and nothing
 * was said. `npm run bench -- dirty [--json]`.
 * Does not: make traffic (dirty/scenarios.ts), or score it (dirty/score.ts).
 */
import { rateOf } from '../src/stats/statistics.ts';
import { CLEAN, SCENARIOS, type Scenario } from './dirty/scenarios.ts';
import { type Score, scoreOf } from './dirty/score.ts';
import type { BenchmarkResult } from './run.ts';

const SEEDS = [11, 12, 13];
const EPSILON = 0.02;

interface Outcome {
  readonly seed: number;
  readonly score: Score;
  /** The same of clean traces. */
  readonly coverage: number;
  readonly servedError: number;
  readonly lossPoints: number;
  readonly isNamed: boolean;
  readonly isSilent: boolean;
}

export async function run(seeds: readonly number[] = SEEDS): Promise<BenchmarkResult> {
  const clean = new Map<string, Score>();
  for (const seed of seeds)
    for (const kind of ['sort', 'extract'] as const)
      clean.set(`${kind} ${seed}`, await scoreOf(CLEAN[kind](seed), EPSILON));
  const results = [];
  for (const scenario of SCENARIOS) {
    const outcomes: Outcome[] = [];
    for (const seed of seeds) {
      const own = scenario.clean.map((kind) => clean.get(`${kind} ${seed}`)!);
      outcomes.push(outcomeOf(scenario, seed, await scoreOf(scenario.make(seed), EPSILON), own));
    }
    results.push({ scenario, outcomes });
  }
  const all = results.flatMap(({ outcomes }) => outcomes);
  return {
    table: results.map(({ scenario, outcomes }) => rowOf(scenario, outcomes)),
    json: {
      epsilon: EPSILON,
      seeds,
      worstLossPoints: Math.max(...all.map(({ lossPoints }) => lossPoints)),
      silentDeployments: all.filter(({ isSilent }) => isSilent).length,
      unnamedRefusals: all.filter(({ score, isNamed }) => score.deployed === 0 && !isNamed).length,
      scenarios: results.map(({ scenario, outcomes }) => ({
        name: scenario.name,
        runs: outcomes.map(({ score, ...rest }) => ({
          ...rest,
          deployed: score.deployed,
          served: score.served,
          errors: score.errors,
          dirtyCoverage: score.coverage,
          refusals: score.refusals,
          findings: score.findings.map(({ kind, calls, ids }) => ({ kind, calls, ids: ids.length })),
        })),
      })),
    },
  };
}

function outcomeOf({ causes }: Scenario, seed: number, score: Score, own: readonly Score[]): Outcome {
  const mean = (of: (score: Score) => number): number =>
    own.reduce((sum, each) => sum + of(each), 0) / own.length;
  const coverage = mean((each) => each.coverage);
  const errorOf = ({ errors, served }: Score): number => (served === 0 ? 0 : errors / served);
  const servedError = mean(errorOf);
  const named = score.findings.filter(({ kind, ids }) => causes.includes(kind) && ids.length > 0);
  const isNamed =
    named.length > 0 &&
    score.events > 0 &&
    score.refusals.every((reason) => reason.includes('Probable cause'));
  const lost = Math.max(0, coverage - score.coverage, errorOf(score) - servedError);
  // A refusal that names its cause, with the calls, costs nothing here: it is what should happen.
  const isRefused = score.refusals.length > 0;
  const lossPoints = 100 * (isRefused && isNamed ? 0 : lost);
  const broken = score.served > 0 && rateOf(score.errors, score.served, 0.9).low > EPSILON;
  return {
    seed,
    score,
    coverage,
    servedError,
    isNamed,
    lossPoints: Number(lossPoints.toFixed(2)),
    isSilent: broken && !isNamed,
  };
}

function rowOf({ name }: Scenario, outcomes: readonly Outcome[]): Record<string, string | number> {
  const sum = (of: (score: Score) => number): number =>
    outcomes.reduce((all, { score }) => all + of(score), 0);
  const [served, errors] = [sum((score) => score.served), sum((score) => score.errors)];
  const refused = outcomes.filter(({ score }) => score.refusals.length > 0);
  const share = (values: readonly number[]): string =>
    `${((100 * values.reduce((sum, x) => sum + x, 0)) / values.length).toFixed(1)} %`;
  return {
    'traces with': name,
    'clean coverage': share(outcomes.map(({ coverage }) => coverage)),
    coverage: share(outcomes.map(({ score }) => score.coverage)),
    'wrong among served':
      served === 0 ? '–' : `${((100 * errors) / served).toFixed(2)} %, ${errors} of ${served}`,
    'refused, cause named': `${refused.filter(({ isNamed }) => isNamed).length} of ${refused.length}`,
    found: [...new Set(outcomes.flatMap(({ score }) => score.findings.map(({ kind }) => kind)))].join(', '),
    'points lost, worst': Math.max(...outcomes.map(({ lossPoints }) => lossPoints)),
    silent: outcomes.filter(({ isSilent }) => isSilent).length,
  };
}
