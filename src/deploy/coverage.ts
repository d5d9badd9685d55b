/**
 * Whether a specialist in service serves as much as was promised: a fold over the decisions on its task's calls, in constant
 * time and room. Two alarms, each raised once an episode: less is served than the exam showed, or inputs are unlike those that
 * were learnt from. An alarm is no verdict: nothing is moved by it, and calls of one session are not told apart.
 * Does not: count audits (watch.ts), or tell anybody (online/).
 */
import type { Served } from '../core/call.ts';
import { type Detector, detect, detects, newDetector } from '../stats/sequential.ts';

export type CoverageAlarm = 'coverage-fell' | 'inputs-unfamiliar';

/** Chance of a false alarm within 10,000 calls (stats/sequential). */
const ALARM_DELTA = 0.01;
/** Share of unfamiliar inputs that is no alarm: the floors of the confidence model alone leave some out. */
const MAX_UNFAMILIAR = 0.05;
/** An episode ends when of this number of calls, all after the alarm, no more went wrong than is no alarm. */
const EPISODE_CALLS = 300;

interface Alarm {
  readonly detector: Detector;
  /** Since the alarm was raised, or a later round of EPISODE_CALLS began; null while none is raised. */
  readonly raised: { readonly n: number; readonly hits: number } | null;
}

export interface CoverageWatch {
  /** The end of the exam's interval above which the share that is not served would be less than was promised. */
  readonly maxNotServed: number;
  readonly fell: Alarm;
  readonly unfamiliar: Alarm;
}

const QUIET: Alarm = { detector: newDetector(), raised: null };

/** @param coverage The low end of the interval of what the exam showed. */
export function newCoverageWatch(coverage: number): CoverageWatch {
  return { maxNotServed: 1 - coverage, fell: QUIET, unfamiliar: QUIET };
}

/** What a decision says of coverage; null where it says nothing: the specialist had no say in it. */
export function coverageOf({
  reason,
}: Pick<Served, 'reason'>): 'served' | 'escalated' | 'unfamiliar' | 'recognised' | null {
  switch (reason) {
    case 'confident':
      return 'served';
    case 'low-confidence':
    case 'invalid-output':
    case 'session-limit':
      return 'escalated';
    case 'unfamiliar-input':
      return 'unfamiliar';
    // Before it is live most of its calls are not decided on.
    case 'shadow':
    case 'canary':
      return 'recognised';
    default:
      return null;
  }
}

/** The watch after one more decision, and the alarm that it raises. */
export function watchCoverage(
  watch: CoverageWatch,
  served: Pick<Served, 'reason'>,
  isLive: boolean,
): { readonly watch: CoverageWatch; readonly alarm: CoverageAlarm | null } {
  const outcome = coverageOf(served);
  if (outcome === null) return { watch, alarm: null };
  const isUnfamiliar = outcome === 'unfamiliar';
  const unfamiliar = after(watch.unfamiliar, isUnfamiliar, MAX_UNFAMILIAR);
  const fell = isLive ? after(watch.fell, outcome !== 'served', watch.maxNotServed) : watch.fell;
  // What is unfamiliar is not served either: the first alarm says why.
  const alarm = isRaisedBy(watch.unfamiliar, unfamiliar)
    ? 'inputs-unfamiliar'
    : isRaisedBy(watch.fell, fell)
      ? 'coverage-fell'
      : null;
  return { watch: { ...watch, fell, unfamiliar }, alarm };
}

const isRaisedBy = (before: Alarm, now: Alarm): boolean => before.raised === null && now.raised !== null;

/** @param bound The largest share of hits that is no alarm. */
function after({ detector, raised }: Alarm, hit: boolean, bound: number): Alarm {
  if (raised === null) {
    // A bound of 1 cannot be broken.
    const next = detect(detector, hit, { n: 0, errors: 0 }, bound);
    return { detector: next, raised: detects(next, ALARM_DELTA) ? { n: 0, hits: 0 } : null };
  }
  const [n, hits] = [raised.n + 1, raised.hits + (hit ? 1 : 0)];
  if (n < EPISODE_CALLS) return { detector, raised: { n, hits } };
  return hits <= bound * n ? QUIET : { detector, raised: { n: 0, hits: 0 } };
}
