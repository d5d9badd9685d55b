/**
 * A proof in which a judge says which texts are worse: what of the judge stands in the evidence.
 * Does not: ask it, test (gate.ts), or derive the bound (stats/judge-limits).
 */
import type { JudgeEvidence, JudgeQuality } from '../../core/judge.ts';
import type { Rate } from '../../core/specialist.ts';
import type { JudgeCounts } from '../../stats/judge-limits.ts';
import { rateOf } from '../../stats/statistics.ts';
import { type GateRun, sensitivityOf } from '../gate-order.ts';
import type { GradedPrediction } from '../predictions.ts';

export interface JudgedRun {
  readonly quality: JudgeQuality;
  readonly counts: JudgeCounts;
}

/** @param graded Of the calibration split, as is `served`. */
export function judgeEvidence(
  { quality }: JudgedRun,
  run: GateRun,
  graded: readonly GradedPrediction[],
  served: readonly boolean[],
): JudgeEvidence {
  const own = graded.filter((_, i) => served[i]);
  const judged = own.filter(({ grade }) => grade.judged);
  const share = (hits: (each: GradedPrediction) => boolean): Rate =>
    rateOf(judged.filter(hits).length, own.length);
  return {
    ...quality,
    limits: { sensitivity: sensitivityOf(run) },
    worse: share(({ grade }) => grade.correct !== true),
    differing: share(({ grade }) => grade.correct === true),
  };
}
