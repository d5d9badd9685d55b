/**
 * From the probe's predictions to what can be expected at several bounds, with the learning curve.
 * Does not: make predictions (probe.ts), or run the gate (evaluate/foresee).
 */
import type { CurvePoint, ExpectedCoverage } from '../../core/assessment.ts';
import type { Config } from '../../core/config.ts';
import type { Dataset } from '../../core/dataset.ts';
import { callsToHoldBack } from '../../curate/splits.ts';
import { estimate } from '../../evaluate/estimate.ts';
import { type Foreseen, foresee } from '../../evaluate/foresee.ts';
import { sessionSizes } from '../../evaluate/gate-order.ts';
import { shrinkage } from './curve.ts';
import type { Probed, ProbeRun } from './probe.ts';

/** Bounds that are always looked at, beside the configuration's. */
const EPSILONS = [0.01, 0.02, 0.05];
/** Beyond this, a number of calls is no help to anyone. */
const MAX_CALLS = 50_000;

export interface Expectation {
  readonly expected: readonly ExpectedCoverage[];
  readonly curve: readonly CurvePoint[];
}

/** @param dataset The task's, as it will be learnt: how many calls will teach and how many will be held back. */
export function expectationOf(
  { best, parts }: Probed,
  dataset: Dataset,
  { gate: { epsilon, delta }, train: { seed } }: Config,
): Expectation {
  const { train, validation, calibration, exam } = dataset.splits;
  const weight = train.reduce((sum, each) => sum + each.weight, 0);
  const willLearn = weight + validation.length;
  const earlierSessions = sessionSizes(best.graded.map(({ session }) => ({ session })));
  const sizes = { calibrationSize: Math.max(1, calibration.length), examSize: Math.max(1, exam.length) };
  const measured = [...parts, best];
  const coverageOf = (run: ProbeRun, bound: number): number =>
    estimate(run.graded, { epsilon: bound, delta, tryNumber: 1, earlierSessions, calibrationSize: PLENTY })
      .coverage;
  const expected = [...new Set([...EPSILONS, epsilon])]
    .sort((a, b) => a - b)
    .map((bound): ExpectedCoverage => {
      const run = { epsilon: bound, delta, tryNumber: 1, earlierSessions, seed, ...sizes };
      const foreseen = foresee(best.graded, run);
      const missed = measured.map((each) => ({ calls: each.calls, missed: 1 - coverageOf(each, bound) }));
      const factor = shrinkage(missed, willLearn);
      return { epsilon: bound, ...grown(foreseen, factor), moreCalls: moreCallsOf(foreseen, dataset) };
    });
  const points = measured.map(
    (run): CurvePoint => ({ calls: run.calls, accuracy: run.accuracy, coverage: coverageOf(run, epsilon) }),
  );
  const beyond = [willLearn, 2 * willLearn, 4 * willLearn].filter((calls) => calls > 1.1 * best.calls);
  const shrunk = (of: (point: CurvePoint) => number, calls: number): number =>
    1 -
    (1 - of(points.at(-1)!)) *
      shrinkage(
        points.map((point) => ({ calls: point.calls, missed: 1 - of(point) })),
        calls,
      );
  const further = beyond.map(
    (calls): CurvePoint => ({
      calls,
      extrapolated: true,
      accuracy: shrunk(({ accuracy }) => accuracy, calls),
      coverage: shrunk(({ coverage }) => coverage, calls),
    }),
  );
  return { expected, curve: [...points, ...further] };
}

const PLENTY = 20_000;

/**
 * What was foreseen on a sample, for a specialist that learns from all calls: what is not served shrinks by the factor. The lower
 * limit stays where it was measured, since an extrapolation proves nothing.
 */
function grown(
  { mean, low, high, passes, withMoreCalls }: Foreseen,
  factor: number,
): Omit<ExpectedCoverage, 'epsilon' | 'moreCalls'> {
  const grow = (share: number): number => 1 - (1 - share) * factor;
  const more = withMoreCalls === 0 && factor === 1 ? 0 : grow(withMoreCalls);
  if (factor === 1) return { mean, low, high, passes, withMoreCalls: more };
  return {
    mean: passes * grow(mean / Math.max(passes, 1e-9)),
    low,
    passes,
    high: Math.max(high > 0 ? grow(high) : 0, more),
    withMoreCalls: more,
  };
}

/** Of the task, as calls are held back: about how many more bring the calibration split that is needed. */
function moreCallsOf({ calibrationNeeded }: Foreseen, { splits, dropped }: Dataset): number | null {
  const have = splits.calibration.length;
  if (calibrationNeeded === null) return null;
  if (calibrationNeeded <= have) return 0;
  const kept = Object.values(splits)
    .flat()
    .reduce((sum, { weight }) => sum + weight, 0);
  const calls = kept + Object.values(dropped).reduce((sum, n) => sum + n, 0);
  const more = callsToHoldBack((calibrationNeeded * calls) / Math.max(1, kept)) - calls;
  return more > MAX_CALLS ? null : Math.max(more, calibrationNeeded - have);
}
