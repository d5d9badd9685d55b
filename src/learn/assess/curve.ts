/**
 * A learning curve: how what is missed shrinks with the calls that are learnt from, as a power law (Hestness et al. 2017,
 * arXiv 1712.00409), fitted by least squares on logarithms. Beyond the last point it is an extrapolation, and is called one.
 * Does not: measure the points (probe.ts).
 */

interface Missed {
  readonly calls: number;
  /** Share in [0, 1]. */
  readonly missed: number;
}

/** Steeper than this is noise: errors seldom halve with twice the calls. */
const MAX_EXPONENT = 1;

/**
 * By what factor what is missed shrinks from the last point to `calls`; in (0, 1], and 1 where the points say nothing: fewer than
 * two, nothing missed, or nothing gained yet.
 */
export function shrinkage(points: readonly Missed[], calls: number): number {
  const last = points.at(-1);
  const usable = points.filter((point) => point.missed > 0 && point.calls > 0);
  if (last === undefined || usable.length < 2 || calls <= last.calls) return 1;
  const xs = usable.map((point) => Math.log(point.calls));
  const ys = usable.map((point) => Math.log(point.missed));
  const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
  const [mx, my] = [mean(xs), mean(ys)];
  const spread = xs.reduce((sum, x) => sum + (x - mx) ** 2, 0);
  if (spread === 0) return 1;
  const slope = xs.reduce((sum, x, i) => sum + (x - mx) * (ys[i]! - my), 0) / spread;
  const exponent = Math.min(MAX_EXPONENT, Math.max(0, -slope));
  return (calls / last.calls) ** -exponent;
}
