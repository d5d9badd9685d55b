/**
 * Proofs by a judge with errors of its own, played: a judge that favours a place, overlooks some kinds of worse answers and
 * finds fault with good ones; known pairs on which it is measured; a specialist whose true share of worse answers is known.
 */
import type { PlaceVerdict } from '../../src/core/judge.ts';
import { type Random, seededRandom } from '../../src/core/random.ts';
import { testThresholds } from '../../src/evaluate/gate.ts';
import type { ScoredAnswer } from '../../src/evaluate/gate-order.ts';
import { judgementOf } from '../../src/evaluate/judge/judge.ts';
import type { JudgeCounts } from '../../src/stats/judge-limits.ts';

/** How a judge errs. */
export interface MadeJudge {
  /** In each order: the share of verdicts that go by the first place, whatever stands there. */
  readonly favoursFirst: number;
  /** Of the others: the share of worse answers of each kind that it sees to be worse; the rest are ties. */
  readonly sees: readonly number[];
  /** Share of answers as good with which it finds fault, in either order. */
  readonly findsFault: number;
}

export interface MadeTask {
  /** Share of the specialist's answers that are worse than the LLM's, all of the kind that the judge sees least. */
  readonly worse: number;
  /** Calls of a session, of which all or none are worse. */
  readonly session: number;
  readonly calls: number;
  /** Spoilt answers of each kind on which the judge is measured. */
  readonly spoilt: number;
}

/** Whether the judge finds an answer worse, in both orders. @param seen Its chance to see that it is; null: it is as good. */
function findsWorse(judge: MadeJudge, seen: number | null, random: Random): boolean {
  // What it makes of the two is the same in both orders; only the place misleads it anew.
  const isFound = random.next() < (seen ?? judge.findsFault);
  const verdict = (better: 'first' | 'second'): PlaceVerdict =>
    random.next() < judge.favoursFirst ? 'first' : isFound ? better : 'tie';
  return judgementOf(verdict('first'), verdict('second')).outcome === 'worse';
}

const EPSILON = 0.02;
const DELTA = 0.05;

/**
 * The share of `runs` in which the gate passes the specialist.
 * @param options.isNaive Verdicts are taken as they are, without regard to the judge's errors. Default: false.
 */
export function passShare(
  judge: MadeJudge,
  task: MadeTask,
  runs: number,
  { isNaive = false }: { readonly isNaive?: boolean } = {},
): number {
  const random = seededRandom(1);
  const least = Math.min(...judge.sees);
  const count = (n: number, seen: number): JudgeCounts[number] => {
    let worse = 0;
    for (let i = 0; i < n; i++) if (findsWorse(judge, seen, random)) worse++;
    return { n, worse };
  };
  const answers = (n: number, split: string): ScoredAnswer[] =>
    Array.from({ length: Math.ceil(n / task.session) }, (_, session) => {
      const isWorse = random.next() < task.worse;
      return Array.from({ length: task.session }, (): ScoredAnswer => {
        const correct = !findsWorse(judge, isWorse ? least : null, random);
        return { confidence: 0.9, correct, session: `${split}${session}` };
      });
    }).flat();
  let passed = 0;
  for (let run = 0; run < runs; run++) {
    const judged = judge.sees.map((seen) => count(task.spoilt, seen));
    const { chosen } = testThresholds(answers(600, 'v'), answers(task.calls, 'c'), {
      epsilon: EPSILON,
      delta: DELTA,
      ...(isNaive ? {} : { judged }),
    });
    if (chosen !== null) passed++;
  }
  return passed / runs;
}
