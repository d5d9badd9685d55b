/**
 * Results by the kind of the LLM's answers: an agent's tool calls and its texts apart, and of the tool calls which tool (or
 * none) and its arguments apart. Figures for people: the bound is the gate's, over all that is served.
 * Does not: grade (scorers/).
 */
import { type AnswerKind, answerKindOf, type OutputKind, toolChoiceOf } from '../core/answer.ts';
import type { Example } from '../core/dataset.ts';
import type { EvidenceByKind, Prediction } from '../core/specialist.ts';
import { clusteredRate } from '../stats/cluster-rate.ts';
import { shareOf } from './exam.ts';
import { type ScoredAnswer, tallySessions } from './gate-order.ts';

/** A held-back call: the LLM's answer, what the specialist said, and how that was graded. */
export interface AnsweredCall extends ScoredAnswer {
  readonly expected: Example['answer'];
  readonly prediction: Pick<Prediction, 'answer' | 'choice'>;
}

const KINDS: readonly AnswerKind[] = ['tool', 'json', 'label', 'text'];

/**
 * @param threshold The least confidence with which an answer is served; null: none is.
 * @param level Of the intervals. Default: 0.95.
 */
export function evidenceByKind(
  kind: OutputKind,
  calls: readonly AnsweredCall[],
  threshold: number | null,
  level?: number,
): EvidenceByKind {
  const least = threshold ?? Number.POSITIVE_INFINITY;
  const byKind = Map.groupBy(calls, ({ expected }) => answerKindOf(kind, expected));
  const kinds = KINDS.flatMap((own) => {
    const mine = byKind.get(own);
    if (!mine) return [];
    return [
      {
        kind: own,
        accuracy: shareOf(mine, ({ correct }) => correct, level),
        coverage: shareOf(mine, ({ confidence }) => confidence >= least, level),
        servedError: clusteredRate(tallySessions(mine, least), level),
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
      choice: shareOf(
        told.map((call) => ({ ...call, correct: call.isChosen })),
        ({ correct }) => correct,
        level,
      ),
      arguments: shareOf(right, ({ correct }) => correct, level),
    },
  };
}
