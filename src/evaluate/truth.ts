/**
 * Specialist and LLM against the truth, on the held-back calls of which it is known: is the specialist no worse?
 * Does not: know how the truth came to be known (curate/truth.ts), or decide on a deployment: the gate does.
 */
import type { Example } from '../core/dataset.ts';
import { contentHash } from '../core/ids.ts';
import type { TruthComparison } from '../core/specialist.ts';
import { pairedDifference } from '../stats/paired.ts';
import { rateOf } from '../stats/statistics.ts';
import type { Scorer } from './scorers/scorer.ts';

export interface TruthOptions {
  readonly scorer: Scorer;
  /** What would have to be shown: so much more error at most, with confidence 1 − delta. */
  readonly epsilon: number;
  readonly delta: number;
  /** Whether all held-back calls are known, or only those that somebody spoke of. */
  readonly complete: boolean;
  readonly scope: TruthComparison['scope'];
}

/** A held-back call, the specialist's answer to it, and whether that answer would be served. */
export interface TruthAnswer {
  readonly example: Example;
  readonly answer: string;
  readonly served: boolean;
}

/**
 * Undefined where no truth is known. Of a session one call counts, drawn without a look at the answers, so that those
 * that count are independent. What nobody can decide (texts without a judge) counts as wrong, for both.
 */
export async function compareWithTruth(
  answers: readonly TruthAnswer[],
  { scorer, epsilon, delta, complete, scope }: TruthOptions,
): Promise<TruthComparison | undefined> {
  const known = answers.filter(({ example: { truth } }) => complete || (truth && truth.llm !== null));
  if (!known.some(({ example }) => example.truth)) return undefined;
  let [onlySpecialist, onlyLlm, both] = [0, 0, 0];
  const counted = onePerSession(known.filter(({ served }) => scope === 'all' || served));
  for (const { example, answer } of counted) {
    const { input, truth } = example;
    // In a complete record what nobody corrected is correct.
    const correct = truth ? truth.correct : example.answer;
    const isWrong = async (said: string): Promise<boolean> =>
      (await scorer.score(input, correct, said)).correct !== true;
    const specialist = await isWrong(answer);
    const llm = await isWrong(truth?.llm ?? example.answer);
    if (specialist && llm) both++;
    else if (specialist) onlySpecialist++;
    else if (llm) onlyLlm++;
  }
  const n = counted.length;
  const { difference, high } = pairedDifference(onlySpecialist, onlyLlm, n, 1 - delta);
  return {
    scope,
    complete,
    known: known.length,
    heldBack: answers.length,
    onlySpecialist,
    onlyLlm,
    specialist: rateOf(onlySpecialist + both, n),
    llm: rateOf(onlyLlm + both, n),
    difference,
    high,
    margin: epsilon,
    delta,
    nonInferior: high <= epsilon,
  };
}

/** One answer of each session: that of the call whose id has the smallest hash. */
function onePerSession(answers: readonly TruthAnswer[]): TruthAnswer[] {
  const rank = ({ example }: TruthAnswer): string => contentHash(`truth ${example.callId}`, 16);
  return [...Map.groupBy(answers, ({ example }) => example.sessionId).values()].map((session) =>
    session.reduce((first, each) => (rank(each) < rank(first) ? each : first)),
  );
}
