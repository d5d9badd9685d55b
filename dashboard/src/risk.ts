/** What an error bound allows, by the gate's own test for independent calls. Pure. */
import type { RiskPointView } from '../../src/api/schemas/specialists.ts';
import { binomialTail } from '../../src/stats/statistics.ts';

/** Errors and served calls as independent ones would show them; `worth` is what one served call is worth. */
function independent({ errors, served }: RiskPointView, worth: number): { errors: number; served: number } {
  return { errors: Math.ceil(errors * worth), served: Math.floor(served * worth) };
}

/** With which confidence the true error is at most epsilon: 1 − P(no more errors, were it epsilon). */
export function confidenceOfBound(point: RiskPointView, epsilon: number, worth: number): number {
  const { errors, served } = independent(point, worth);
  return served === 0 ? 0 : 1 - binomialTail(errors, served, epsilon);
}

/** The point of most coverage whose error is shown to be at most epsilon with confidence 1 − delta; null: none. */
export function atBound(
  curve: readonly RiskPointView[],
  epsilon: number,
  delta: number,
  worth: number,
): RiskPointView | null {
  return curve.reduce<RiskPointView | null>(
    (best, point) =>
      confidenceOfBound(point, epsilon, worth) >= 1 - delta && point.coverage > (best?.coverage ?? 0)
        ? point
        : best,
    null,
  );
}
