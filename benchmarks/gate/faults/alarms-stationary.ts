/** Specialists that are sent back to shadow though nothing changes. */
import type { Audit, Deployment } from '../../../src/core/deployment.ts';
import { type Random, seededRandom } from '../../../src/core/random.ts';
import type { Specialist } from '../../../src/core/specialist.ts';
import { newChangeWatch, watchCall } from '../../../src/deploy/alarms.ts';
import { policyFor } from '../../../src/deploy/policy.ts';
import { step } from '../../../src/deploy/stages.ts';
import { newWatch, watchAudit } from '../../../src/deploy/watch.ts';
import { rateOf } from '../../../src/stats/statistics.ts';
import type { Fault } from '../fault.ts';

export const what =
  'A quarter of 120 calls a day in which nothing changes, for specialists that were proved on a sample of the same calls: share of them that any alarm sends back.';

const RUNS = 600;
const DAYS = 91;
const CALLS_A_DAY = 120;
const AUDITS_A_DAY = 20;
const DAY_MS = 86_400_000;
/** True shares: served; unfamiliar; of the unsure answers wrong; of repeats that the LLM answers otherwise; wrong and served. */
const TRUE = { served: 0.85, unfamiliar: 0.01, unsure: 0.15, contradicts: 0.01, error: 0.006 } as const;
const SERVE = {
  stepAudits: 30,
  auditShare: 0.05,
  auditsADay: 20,
  shadowMargin: 3,
  canaryMargin: 2,
  canaryShare: 0.25,
};

export function simulate(): Fault {
  const counts = new Map<string, number>();
  for (let run = 0; run < RUNS; run++) {
    const alarm = quarter(seededRandom(run * 31 + 7));
    if (alarm !== null) counts.set(alarm, (counts.get(alarm) ?? 0) + 1);
  }
  const hits = [...counts.values()].reduce((sum, n) => sum + n, 0);
  const { share, low, high } = rateOf(hits, RUNS);
  return {
    value: share,
    goal: 'at most 5 % of specialists in a quarter',
    holds: low <= 0.05,
    detail: { ...Object.fromEntries(counts), runs: RUNS, low, high },
  };
}

/** The first alarm of a quarter; null where there is none. */
function quarter(random: Random): string | null {
  const specialist = provedOn(random);
  let deployment: Deployment = {
    id: 'd',
    taskId: 't',
    specialistId: 's',
    stage: 'live',
    threshold: 0.5,
    history: [{ stage: 'shadow', at: 0, reason: '' }],
  };
  const policy = policyFor(specialist, deployment, SERVE);
  let watch = newChangeWatch(specialist, deployment);
  let audits = newWatch(policy);
  for (let i = 0; i < DAYS * CALLS_A_DAY; i++) {
    const at = (i * DAY_MS) / CALLS_A_DAY;
    const served = random.next() < TRUE.served;
    const seen = {
      'inputs-unfamiliar': !served && random.next() < TRUE.unfamiliar / (1 - TRUE.served),
      'coverage-fell': !served,
      ...(served ? {} : { 'agreement-fell': random.next() < TRUE.unsure, 'llm-renamed': false }),
      ...(random.next() < 0.05 ? { 'llm-answers-changed': random.next() < 2 * TRUE.contradicts } : {}),
    };
    const next = watchCall(watch, seen, at);
    watch = next.watch;
    if (next.alarm !== null) return next.alarm.kind;
    if (random.next() >= AUDITS_A_DAY / CALLS_A_DAY) continue;
    const correct = random.next() >= TRUE.error;
    const audit: Audit = {
      callId: `${i}`,
      deploymentId: 'd',
      at,
      stage: 'live',
      confidence: 1,
      correct,
    };
    audits = watchAudit(audits, audit, policy);
    deployment = step(deployment, audits, policy, at);
    if (deployment.stage === 'shadow') return 'audits-differ';
    if (deployment.stage === 'retired') return 'retired';
  }
  return null;
}

/** What the gate and the exam would have seen of it: 300 and 90 calls, about as few as there are. */
function provedOn(random: Random): Specialist {
  const hits = (n: number, share: number): number =>
    Array.from({ length: n }, () => random.next() < share).filter(Boolean).length;
  const held = 300;
  const served = hits(held, TRUE.served);
  const errors = Math.min(1, hits(served, TRUE.error));
  const unsure = hits(held - served, TRUE.unsure);
  const repeated = 200;
  const evidence = {
    gate: { epsilon: 0.02, delta: 0.05, served, errors },
    exam: {
      coverage: rateOf(hits(90, TRUE.served), 90),
      servedError: rateOf(hits(75, TRUE.error), 75),
    },
    calibration: { curve: [{ served: held, errors: errors + unsure }] },
    selfAgreement: null,
  };
  const contradictions = { repeated, differing: hits(repeated, TRUE.contradicts) };
  return { evidence, proved: { models: ['m'], contradictions } } as unknown as Specialist;
}
