/**
 * Results by the kind of the LLM's answers: an agent's tool calls and its texts apart, and of the tool calls which tool (or
 * none) and its arguments apart. Figures for people: the bound is the gate's, over all that is served.
 * Does not: grade (scorers/).
 */
import { type AnswerKind, answerKindOf, type OutputKind, toolChoiceOf } from '../core/answer.ts';
import type { Example } from '../core/dataset.ts';
import type { EvidenceByKind, Prediction, Rate } from '../core/specialist.ts';
import { clusteredRate } from '../stats/cluster-rate.ts';
import { type ScoredAnswer, tallySessions } from './gate-order.ts';

const KINDS: readonly AnswerKind[] = ['tool', 'json', 'label', 'text'];

/** A held-back call: the LLM's answer, what the specialist said, and what came of it. */
interface AnsweredCall extends ScoredAnswer {
  readonly expected: Example['answer'];
  readonly prediction: Prediction;
  readonly served: boolean;
}

/**
 * @param graded Of each example, as are `scored` and `served`.
 * @param level Of the intervals. Default: 0.95.
 */
export function evidenceByKind(
  kind: OutputKind,
  examples: readonly Example[],
  graded: readonly { readonly prediction: Prediction }[],
  scored: readonly ScoredAnswer[],
  served: readonly boolean[],
  level?: number,
): EvidenceByKind {
  const calls = scored.map((each, i): AnsweredCall => {
    const { answer: expected } = examples[i]!;
    return { ...each, expected, prediction: graded[i]!.prediction, served: served[i] === true };
  });
  const byKind = Map.groupBy(calls, ({ expected }) => answerKindOf(kind, expected));
  const kinds = KINDS.flatMap((own) => {
    const mine = byKind.get(own);
    if (!mine) return [];
    return [
      {
        kind: own,
        accuracy: rateOfHits(mine, ({ correct }) => correct, level),
        answered: rateOfHits(mine, ({ prediction }) => prediction.answer !== '', level),
        coverage: rateOfHits(mine, ({ served }) => served, level),
        servedError: clusteredRate(tallySessions(mine.filter(({ served }) => served)), level),
      },
    ];
  });
  if (!byKind.has('tool')) return { kinds };
  const told = calls
    .filter(({ expected }) => expected !== '')
    .map((call) => {
      const { answer, choice } = call.prediction;
      const chosen = answer === '' ? (choice ?? '') : toolChoiceOf(kind, answer);
      const wanted = toolChoiceOf(kind, call.expected);
      return { ...call, wanted, isChosen: chosen === wanted };
    });
  const right = told.filter(({ wanted, isChosen }) => wanted !== '' && isChosen);
  return {
    kinds,
    tools: {
      choice: rateOfHits(told, ({ isChosen }) => isChosen, level),
      arguments: rateOfHits(right, ({ correct }) => correct, level),
    },
  };
}

/** The share of the calls that `hits`, by session. */
function rateOfHits<T extends AnsweredCall>(
  calls: readonly T[],
  hits: (call: T) => boolean,
  level?: number,
): Rate {
  const all = calls.map((call) => ({ ...call, confidence: 1, correct: !hits(call) }));
  return clusteredRate(tallySessions(all), level);
}
