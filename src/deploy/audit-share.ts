/**
 * With which probability a served call is audited: much while a specialist is new and after errors, little in long quiet
 * times, never less than a floor. Pure.
 *
 * It depends on the past alone, never on the call: so among the calls of a moment the audited ones are a random sample,
 * and the tests (stats/sequential) need no weights: each comparison errs with the error rate of its time, whether or
 * not it was likely to be drawn. An estimate over a stretch of time does need them, since times in which more is audited
 * would count for more: each audit carries its probability, and stands for 1/probability calls.
 */
import type { Belonging, Stage } from '../core/deployment.ts';
import { suspicion } from '../stats/sequential.ts';
import { boundOf, type StagePolicy } from './policy.ts';
import { ownErrors, type Watch } from './watch.ts';

/** In quiet times this part of the ordinary share is audited; what that saves is spent after errors. */
const FLOOR = 0.5;
/** A new specialist's calls are audited `times` as often as usual, half of that after `halfAfter` audits. */
const NEW = { times: 5, halfAfter: 20 } as const;

/**
 * @param callsADay Calls that it is asked about, about.
 * @param belonging Of the call; asked for only after errors. What its own unit erred is left out: if that raised its share,
 *   the calls of a session that goes wrong would be audited more than those of sessions that go well.
 */
export function auditProbability(
  stage: Stage,
  watch: Watch | null,
  policy: StagePolicy,
  belonging: () => Belonging = () => ({}),
  callsADay = Number.POSITIVE_INFINITY,
): number {
  if (stage !== 'live') return 1;
  const { auditShare } = policy;
  if (auditShare === 0 || watch === null) return auditShare;
  const floor = Math.max(auditShare * FLOOR, policy.auditsADay / Math.max(1, callsADay));
  const live = watch.byStage.live ?? 0;
  const least = Math.max(floor, (auditShare * NEW.times) / (1 + live / NEW.halfAfter));
  const bound = boundOf(policy, false);
  if (floor * suspicion(watch.detector, bound) <= least) return Math.min(1, least);
  const own = ownErrors(watch, belonging());
  return Math.min(1, Math.max(least, floor * suspicion(watch.detector, bound, own)));
}
