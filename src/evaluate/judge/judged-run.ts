/**
 * A proof in which a judge says which texts are worse: which of them the LLM's own second answers are excused for, and what
 * of the judge stands in the evidence.
 * Does not: ask a provider (passed in), test (gate.ts), or derive the bound (stats/judge-limits).
 */
import type { Example } from '../../core/dataset.ts';
import type { JudgeEvidence, Judgement, JudgeQuality } from '../../core/judge.ts';
import type { Rate, SlipRate } from '../../core/specialist.ts';
import type { JudgeCounts } from '../../stats/judge-limits.ts';
import { rateOf } from '../../stats/statistics.ts';
import type { GradedPrediction } from '../evaluate.ts';
import { type GateRun, judgeLimitsOf } from '../gate-order.ts';

export interface JudgedRun {
  readonly quality: JudgeQuality;
  readonly counts: JudgeCounts;
  /** What the judge says of the LLM's second answer to a call; null: it came to the same as the first. Absent: not asked. */
  readonly second?: (example: Example) => Promise<Judgement['outcome'] | null>;
  /** @throws UnderstudyError 'budget-spent' where judging these is expected to take more than is left. */
  readonly reserve: (examples: readonly Example[]) => void;
}

/**
 * The calls on which the judge finds the LLM's second answer worse than its first. Asked where the specialist's answer was
 * judged: only there does it count, since a specialist that gives the first answer itself needs no excuse.
 */
export async function excusedCalls(
  examples: readonly Example[],
  graded: readonly GradedPrediction[],
  { second }: JudgedRun,
): Promise<ReadonlySet<string>> {
  const excused = new Set<string>();
  if (second === undefined) return excused;
  const asked = examples.filter((_, i) => graded[i]!.grade.judged && graded[i]!.servable);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < asked.length) {
      const example = asked[next++]!;
      if ((await second(example)) === 'worse') excused.add(example.id);
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, asked.length) }, worker));
  return excused;
}

const CONCURRENCY = 8;

/** Before the LLM is asked: how often its second answer is found worse. */
export const expectedExcuses = (judging: JudgedRun | undefined): number =>
  judging?.second ? (judging.quality.failed?.share ?? 0) : 0;

/** @param graded Of the calibration split, as is `served`. @param excused Null, or empty, where the LLM was not asked. */
export function judgeEvidence(
  { quality, second }: JudgedRun,
  run: GateRun,
  graded: readonly GradedPrediction[],
  served: readonly boolean[],
  excused: ReadonlySet<string> | null,
): JudgeEvidence {
  const own = graded.filter((_, i) => served[i]);
  const judged = own.filter(({ grade }) => grade.judged);
  const share = (hits: (each: GradedPrediction) => boolean): Rate =>
    rateOf(judged.filter(hits).length, own.length);
  return {
    ...quality,
    limits: judgeLimitsOf(run) ?? { sensitivity: 1, falseAlarm: 0 },
    worse: share(({ grade }) => grade.correct !== true),
    llmWorse: second ? share(({ exampleId }) => excused?.has(exampleId) === true) : null,
    differing: share(({ grade }) => grade.correct === true),
  };
}

/** How often the LLM's own second answer is found worse, as audits have to allow for it. */
export function slipsSeen({ hits, n }: Rate, delta: number): SlipRate {
  const { share, low, high } = rateOf(hits, n, 1 - delta);
  return { n, share, low, high };
}
