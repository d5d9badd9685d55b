/**
 * Lives of deployments by simulation, through the product's own code for stages, audits and audit shares. A specialist is
 * an error rate and a way in which its errors hang together; the LLM may slip.
 * Does not: state goals (faults/ does).
 */
import type { Audit, Belonging, Deployment, Stage } from '../../src/core/deployment.ts';
import { type Random, seededRandom } from '../../src/core/random.ts';
import { auditProbability } from '../../src/deploy/audit-share.ts';
import type { StagePolicy } from '../../src/deploy/policy.ts';
import { step } from '../../src/deploy/stages.ts';
import { newWatch, type Watch, watchAudit } from '../../src/deploy/watch.ts';
import { type Repeats, slipRate } from '../../src/evaluate/slips.ts';
import { detects } from '../../src/stats/sequential.ts';
import { deltaOfTry } from '../../src/stats/spending.ts';

/** What a simulation in faults/ gives. */
export interface Fault {
  readonly value: number;
  readonly goal: string;
  readonly holds: boolean;
}

/** Runs of each simulation. */
export const RUNS = 2000;

/** The product's defaults, in a task's first stay in shadow, after a gate that saw one error in 250 served calls. */
export const POLICY: StagePolicy = {
  epsilon: 0.02,
  delta: 0.05,
  stageDelta: deltaOfTry(0.05, 1),
  margins: { shadow: 3, canary: 2 },
  stepAudits: 30,
  canaryShare: 0.25,
  auditShare: 0.05,
  slips: { share: 0, low: 0, high: 0 },
  prior: { n: 250, errors: 1 },
  since: 0,
  proved: 0.02,
  auditsADay: 0,
};

/** A comparison as the traffic brings it. */
export interface Comparison {
  readonly wrong: boolean;
  readonly session?: number;
  readonly input?: number;
}

/** Calls one after another, for ever. */
export type Traffic = (random: Random) => () => Comparison;

/** Each call by itself. */
export const independent =
  (error: number): Traffic =>
  (random) =>
  () => ({ wrong: random.next() < error });

/** Sessions of `size` calls in a row that are all wrong or all right. */
export const bursts =
  (error: number, size: number): Traffic =>
  (random) => {
    let at = 0;
    let wrong = false;
    return () => {
      if (at % size === 0) wrong = random.next() < error;
      return { wrong, session: Math.floor(at++ / size) };
    };
  };

/** Inputs that come 1 to `most` times in a row, each time in another session; the specialist says the same each time. */
export const repeatedInputs =
  (error: number, most: number): Traffic =>
  (random) => {
    let left = 0;
    let input = 0;
    let wrong = false;
    return () => {
      if (left-- <= 0) {
        left = random.below(most);
        input++;
        wrong = random.next() < error;
      }
      return { wrong, input };
    };
  };

/** As many different inputs as there are, in any order, of which the first `wrong` are answered wrongly for good. */
export const fewInputs =
  (inputs: number, wrong: number): Traffic =>
  (random) =>
  () => {
    const input = random.below(inputs);
    return { wrong: input < wrong, input };
  };

/** The same traffic, compared with an LLM that slips: with one answer of it, or with its majority where they differ. */
export const withSlips =
  (traffic: Traffic, slips: number, settled: boolean): Traffic =>
  (random) => {
    const next = traffic(random);
    const slip = (): boolean => random.next() < slips;
    return () => {
      const call = next();
      // Slips differ from the specialist's answer and from one another.
      if (!settled) return { ...call, wrong: slip() || call.wrong };
      // Majority of three; where there is none, the first answer stands, as at the gate.
      const first = slip();
      const differs = first && (slip() || slip());
      return { ...call, wrong: call.wrong || differs };
    };
  };

const belongingOf = ({ session, input }: Comparison): Belonging => ({
  ...(session === undefined ? {} : { session: `${session}` }),
  ...(input === undefined ? {} : { input: `${input}` }),
});

const auditOf = (
  at: number,
  stage: Stage,
  call: Comparison,
  probability: number,
  settled: boolean,
  used = stage !== 'shadow',
): Audit => ({
  callId: `${at}`,
  deploymentId: 'dep',
  at,
  stage,
  confidence: 1,
  correct: !call.wrong,
  probability,
  used,
  ...belongingOf(call),
  ...(settled ? { settled } : {}),
});

/** Whether a canary serves the call: a session as a whole. */
function canaryDraw(random: Random, share: number): (call: Comparison) => boolean {
  let last: { readonly session: number | undefined; readonly served: boolean } | null = null;
  return ({ session }) => {
    if (last === null || session === undefined || session !== last.session)
      last = { session, served: random.next() < share };
    return last.served;
  };
}

/** From shadow on, each call compared, until it is live or retired, or `most` comparisons are done. */
export function comeIntoService(
  traffic: Traffic,
  seed: number,
  policy: StagePolicy = POLICY,
  options: { readonly most?: number; readonly settled?: boolean } = {},
): { readonly stage: Stage; readonly comparisons: number } {
  const next = traffic(seededRandom(seed));
  const served = canaryDraw(seededRandom(seed ^ 0x2c1b3c6d), policy.canaryShare);
  let deployment: Deployment = {
    id: 'dep',
    taskId: 'task',
    specialistId: 'spec',
    stage: 'shadow',
    threshold: 0.5,
    history: [],
  };
  let watch = newWatch(policy);
  let at = 0;
  while (at < (options.most ?? 5000) && deployment.stage !== 'live' && deployment.stage !== 'retired') {
    const { stage } = deployment;
    const call = next();
    const used = stage === 'canary' && served(call);
    watch = watchAudit(watch, auditOf(at, stage, call, 1, options.settled ?? false, used), policy);
    deployment = step(deployment, watch, policy, ++at);
  }
  return { stage: deployment.stage, comparisons: at };
}

/** Calibration calls that a gate saw before: on them the LLM was asked again. */
const CALIBRATION = 300;

/**
 * Whether a specialist goes live where the LLM slips: its slips are measured on calibration calls as the product does,
 * allowed for by what was measured, and the specialist is compared with one answer or with the majority.
 */
export function goesLiveDespiteSlips(error: number, slips: number, settled: boolean, seed: number): boolean {
  const random = seededRandom(seed ^ 0x5bd1e995);
  const slip = (): boolean => random.next() < slips;
  const repeats = Array.from({ length: CALIBRATION }, (): Repeats | null => {
    const [first, second] = [slip(), slip()];
    if (!first && !second) return random.next() < error ? null : { outcome: 'agree', freshDiffers: false };
    // Slips differ from one another: the third answer settles it where just one of the first two slipped.
    const isSettled = !slip() && first !== second;
    const reference = isSettled || !first;
    const isRight = reference && random.next() >= error;
    return isRight ? { outcome: isSettled ? 'settled' : 'open', freshDiffers: slip() } : null;
  });
  const policy = { ...POLICY, slips: slipRate(repeats, POLICY.delta) };
  const traffic = withSlips(independent(error), slips, settled);
  return comeIntoService(traffic, seed, policy, { most: 30_000, settled }).stage === 'live';
}

/** A live specialist, its calls and audits counted. */
export interface LiveRun {
  readonly watch: Watch;
  readonly calls: number;
  readonly audits: number;
  readonly retired: boolean;
}

/** Serves calls, audited as the product would, until `audits` audits are done or the bound is found broken. */
export function serve(
  traffic: Traffic,
  random: Random,
  audits: number,
  options: { readonly policy?: StagePolicy; readonly watch?: Watch; readonly goOn?: boolean } = {},
): LiveRun {
  const { policy = POLICY, goOn = false } = options;
  let watch = options.watch ?? newWatch(policy);
  const next = traffic(random);
  let calls = 0;
  let done = 0;
  let retired = false;
  // The share changes with audits alone, but for sessions and inputs with errors of their own.
  let share = auditProbability('live', watch, policy);
  const wrongIn = new Set<number>();
  while (done < audits) {
    const call = next();
    calls++;
    const own = wrongIn.size > 0 && (wrongIn.has(call.session ?? -1) || wrongIn.has(call.input ?? -1));
    const probability = own ? auditProbability('live', watch, policy, () => belongingOf(call)) : share;
    if (random.next() >= probability) continue;
    watch = watchAudit(watch, auditOf(done++, 'live', call, probability, false), policy);
    const unit = call.session ?? call.input;
    if (call.wrong && unit !== undefined) wrongIn.add(unit);
    // Those of long ago are forgotten by the product, too.
    if (wrongIn.size > 50) wrongIn.delete(wrongIn.values().next().value!);
    share = auditProbability('live', watch, policy);
    if (!goOn && detects(watch.detector, policy.delta)) {
      retired = true;
      break;
    }
  }
  return { watch, calls, audits: done, retired };
}

export const median = (values: readonly number[]): number =>
  values.length === 0 ? Number.NaN : values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** The share of runs, each with its own seed, in which it happens. */
export function shareOf(runs: number, happens: (seed: number) => boolean): number {
  let count = 0;
  for (let seed = 0; seed < runs; seed++) if (happens(seed)) count++;
  return count / runs;
}

export const atMost = (value: number, most: number, what: string): Fault => ({
  value,
  goal: `${what}: at most ${most}`,
  holds: value <= most,
});

export const atLeast = (value: number, least: number, what: string): Fault => ({
  value,
  goal: `${what}: at least ${least}`,
  holds: value >= least,
});
