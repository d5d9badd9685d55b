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
  /** Share of the LLM's second answers that are; null: the LLM is not asked. */
  readonly llmWorse: number | null;
  /** Calls of a session, of which all or none are worse. */
  readonly session: number;
  readonly calls: number;
  /** Spoilt answers of each kind, and second answers of the LLM, on which the judge is measured. */
  readonly known: { readonly spoilt: number; readonly second: number };
}

/** Whether the judge finds an answer worse, in both orders. @param seen Its chance to see that it is; null: it is as good. */
function findsWorse(judge: MadeJudge, seen: number | null, random: Random): boolean {
  // What it makes of the two is the same in both orders; only the place misleads it anew.
  const isFound = random.next() < (seen ?? judge.findsFault);
  const verdict = (better: 'first' | 'second'): PlaceVerdict =>
    random.next() < judge.favoursFirst ? 'first' : isFound ? better : 'tie';
  return judgementOf(verdict('first'), verdict('second')).outcome === 'worse';
}

interface Count {
  readonly n: number;
  readonly worse: number;
}

const sumOf = (a: Count, b: Count): Count => ({ n: a.n + b.n, worse: a.worse + b.worse });

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
  const count = (n: number, seen: number | null): Count => {
    let worse = 0;
    for (let i = 0; i < n; i++) if (findsWorse(judge, seen, random)) worse++;
    return { n, worse };
  };
  const answers = (n: number, split: string, expected: number | null): ScoredAnswer[] =>
    Array.from({ length: Math.ceil(n / task.session) }, (_, session) => {
      const isWorse = random.next() < task.worse;
      return Array.from({ length: task.session }, (): ScoredAnswer => {
        const correct = !findsWorse(judge, isWorse ? least : null, random);
        const answer = { confidence: 0.9, correct, session: `${split}${session}` };
        if (task.llmWorse === null) return answer;
        // The LLM's second answers are worse in ways that the judge sees as little.
        const asked = random.next() < task.llmWorse ? least : null;
        const excused = expected ?? Number(findsWorse(judge, asked, random));
        return { ...answer, excused };
      });
    }).flat();
  let passed = 0;
  for (let run = 0; run < runs; run++) {
    const bad = Math.round(task.known.second * (task.llmWorse ?? 0));
    const second =
      task.llmWorse === null ? null : sumOf(count(bad, least), count(task.known.second - bad, null));
    const judged: JudgeCounts = {
      spoilt: judge.sees.map((seen) => count(task.known.spoilt, seen)),
      second,
    };
    const share = second === null ? null : second.worse / Math.max(1, second.n);
    const { chosen } = testThresholds(answers(600, 'v', share), answers(task.calls, 'c', null), {
      epsilon: EPSILON,
      delta: DELTA,
      ...(isNaive ? {} : { judged }),
    });
    if (chosen !== null) passed++;
  }
  return passed / runs;
}
