/**
 * What the audits of a deployment come to: a fold, one audit after another, in constant time and room. Plain data, so that
 * it can be kept and taken up again.
 * Does not: move the deployment (stages.ts), or choose what is audited (audit-share.ts).
 */
import type { Audit, Belonging, Stage } from '../core/deployment.ts';
import {
  type Detector,
  detect,
  HORIZON_MS,
  type InUnit,
  type MarginTest,
  NO_PILE,
  newDetector,
  newMarginTest,
  type Pile,
  pileUp,
  testMargin,
} from '../stats/sequential.ts';
import type { StagePolicy } from './policy.ts';
import { boundOf, marginOf, provedBound } from './policy.ts';
import { addToUnit, noUnits, type Units, unitOf } from './units.ts';

export interface Watch {
  /** Comparisons, and those that differed. */
  readonly n: number;
  readonly errors: number;
  /** Those that were settled by the LLM's majority where the answers differed. */
  readonly settled: number;
  /** Those that count towards the end of its stage: since it came into shadow (core provingSince), and their errors. */
  readonly proving: { readonly n: number; readonly errors: number };
  /** The same by the stage in which their call came; of a canary those alone whose answer the caller got. */
  readonly byStage: Readonly<Partial<Record<Stage, number>>>;
  /** Against "the error is at most the bound". */
  readonly detector: Detector;
  /** Against "the error of what it serves is what it was proved with", from canary on, and what has piled up against that. */
  readonly change: { readonly detector: Detector; readonly pile: Pile; readonly at: number | null };
  /** For "the error is below the stage's margin". */
  readonly margins: { readonly shadow: MarginTest; readonly canary: MarginTest };
  /** The errors that have piled up against the bound. */
  readonly recent: Pile;
  /** Live audits by their weights, each the inverse of its probability: they stand for that many served calls. */
  readonly live: { readonly calls: number; readonly wrongCalls: number };
  readonly units: Units;
}

export function newWatch(policy: StagePolicy): Watch {
  const test = (stage: 'shadow' | 'canary'): MarginTest =>
    newMarginTest(marginOf(policy, stage, true), policy.prior);
  return {
    n: 0,
    errors: 0,
    settled: 0,
    proving: { n: 0, errors: 0 },
    byStage: {},
    detector: newDetector(),
    margins: { shadow: test('shadow'), canary: test('canary') },
    change: { detector: newDetector(), pile: NO_PILE, at: null },
    recent: NO_PILE,
    live: { calls: 0, wrongCalls: 0 },
    units: noUnits(),
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
  const { byStage, live, proving } = watch;
  // What came before it was sent back is of another world.
  const proves = audit.at >= policy.since;
  return {
    n: watch.n + 1,
    errors: watch.errors + (wrong ? 1 : 0),
    settled: watch.settled + (settled ? 1 : 0),
    proving: proves ? { n: proving.n + 1, errors: proving.errors + (wrong ? 1 : 0) } : proving,
    byStage:
      proves && isOfStage(audit) ? { ...byStage, [audit.stage]: (byStage[audit.stage] ?? 0) + 1 } : byStage,
    detector: detect(watch.detector, wrong, unit, bound),
    // Whoever is live has passed both.
    margins:
      audit.stage === 'live' || isUnjudged || !proves
        ? watch.margins
        : { shadow: test('shadow'), canary: test('canary') },
    change:
      proves && !isUnjudged && audit.stage !== 'shadow'
        ? afterChange(watch.change, wrong, audit.at, unit, provedBound(policy, bound))
        : watch.change,
    recent: pileUp(watch.recent, wrong, audit.at, unit.errors, bound),
    live:
      audit.stage === 'live'
        ? { calls: live.calls + weight, wrongCalls: live.wrongCalls + (wrong ? weight : 0) }
        : live,
    units,
  };
}

/**
 * A canary is there to be used: calls that the LLM answered show nothing of what use does, and a record that does not say whose
 * answer the caller got may be one of those.
 */
const isOfStage = ({ stage, used }: Audit): boolean => stage !== 'canary' || used === true;

/** Its capital comes in by time: the chance of a false alarm is one for a quarter. */
function afterChange(
  { detector, pile, at: before }: Watch['change'],
  wrong: boolean,
  at: number,
  unit: InUnit,
  bound: number,
): Watch['change'] {
  const passed = Math.max(0, at - (before ?? at)) / HORIZON_MS;
  return {
    detector: detect(detector, wrong, unit, bound, passed),
    pile: pileUp(pile, wrong, at, unit.errors, bound),
    at,
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
