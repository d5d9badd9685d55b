/**
 * What the audits of a deployment come to: a fold, one audit after another, in constant time and room. Plain data, so that
 * it can be kept and taken up again.
 * Does not: move the deployment (stages.ts), or choose what is audited (audit-share.ts).
 */
import type { Audit, Belonging, Stage } from '../core/deployment.ts';
import {
  type Detector,
  detect,
  type MarginTest,
  newDetector,
  newMarginTest,
  testMargin,
} from '../stats/sequential.ts';
import type { StagePolicy } from './policy.ts';
import { boundOf, marginOf } from './policy.ts';
import { addToUnit, noUnits, type Units, unitOf } from './units.ts';

export interface Watch {
  /** Comparisons, and those that differed. */
  readonly n: number;
  readonly errors: number;
  /** Those that were settled by the LLM's majority where the answers differed. */
  readonly settled: number;
  /** Comparisons by the stage in which their call came. */
  readonly byStage: Readonly<Partial<Record<Stage, number>>>;
  /** Against "the error is at most the bound". */
  readonly detector: Detector;
  /** For "the error is below the stage's margin". */
  readonly margins: { readonly shadow: MarginTest; readonly canary: MarginTest };
  /** Since a running sum of the errors' weight was last at zero (Page 1954). */
  readonly recent: { readonly n: number; readonly errors: number; readonly sum: number };
  /** Live audits by their weights, each the inverse of its probability: they stand for that many served calls. */
  readonly live: { readonly calls: number; readonly wrongCalls: number };
  readonly units: Units;
}

export function newWatch(policy: StagePolicy): Watch {
  const test = (stage: 'shadow' | 'canary'): MarginTest =>
    newMarginTest(marginOf(policy, stage, true), policy.prior);
  return {
    ...{ n: 0, errors: 0, settled: 0, byStage: {}, detector: newDetector() },
    margins: { shadow: test('shadow'), canary: test('canary') },
    ...{ recent: { n: 0, errors: 0, sum: 0 }, live: { calls: 0, wrongCalls: 0 }, units: noUnits() },
  };
}

/** The watch after one more audit. The one that is given is used up. */
export function watchAudit(watch: Watch, audit: Audit, policy: StagePolicy): Watch {
  const wrong = !audit.correct;
  const settled = audit.settled === true;
  const { units, before: unit } = addToUnit(watch.units, belongingOf(audit), wrong);
  // What only equality could tell is held to how often texts differed at the proof, and proves nothing.
  const isUnjudged = audit.judged === false;
  const bound = isUnjudged ? (policy.judge?.byEquality ?? 0.5) : boundOf(policy, settled);
  const test = (stage: 'shadow' | 'canary'): MarginTest =>
    testMargin(watch.margins[stage], wrong, unit, marginOf(policy, stage, settled));
  const weight =
    1 / Math.max(1e-6, audit.probability ?? (audit.stage === 'live' ? policy.auditShare || 1 : 1));
  const { byStage, live } = watch;
  return {
    n: watch.n + 1,
    errors: watch.errors + (wrong ? 1 : 0),
    settled: watch.settled + (settled ? 1 : 0),
    byStage: { ...byStage, [audit.stage]: (byStage[audit.stage] ?? 0) + 1 },
    detector: detect(watch.detector, wrong, unit, bound),
    // Whoever is live has passed both.
    margins:
      audit.stage === 'live' || isUnjudged
        ? watch.margins
        : { shadow: test('shadow'), canary: test('canary') },
    recent: pile(watch.recent, wrong, unit.errors, bound),
    live:
      audit.stage === 'live'
        ? { calls: live.calls + weight, wrongCalls: live.wrongCalls + (wrong ? weight : 0) }
        : live,
    units,
  };
}

/** What is compared with one answer of the LLM and what with its majority err differently: they are units apart. */
function belongingOf({
  session,
  input,
  settled,
  judged,
}: Belonging & Pick<Audit, 'settled' | 'judged'>): Belonging {
  const kind = judged === false ? 'e' : settled === true ? 'm' : '1';
  return {
    ...(session === undefined ? {} : { session: `${kind}${session}` }),
    ...(input === undefined ? {} : { input: `${kind}${input}` }),
  };
}

/** The errors of the units that a call belongs to. */
export function ownErrors({ units }: Watch, belonging: Belonging): number {
  let errors = 0;
  for (const settled of [true, false]) {
    const { session, input } = belongingOf({ ...belonging, settled });
    const both = [
      unitOf(units, session === undefined ? {} : { session }),
      unitOf(units, input === undefined ? {} : { input }),
    ] as const;
    errors += both[0] === both[1] ? both[0].errors : both[0].errors + both[1].errors;
  }
  return errors;
}

/** A one-sided CUSUM for odds three times the bound's: where it is zero, nothing piles up. */
function pile(
  { n, errors, sum }: Watch['recent'],
  wrong: boolean,
  earlier: number,
  bound: number,
): Watch['recent'] {
  const gain = wrong ? Math.log((1 + 2 * (earlier + 1)) / (1 + 2 * earlier)) : 0;
  const next = sum + gain - Math.log1p(2 * bound);
  return next <= 0 ? { n: 0, errors: 0, sum: 0 } : { n: n + 1, errors: errors + (wrong ? 1 : 0), sum: next };
}
