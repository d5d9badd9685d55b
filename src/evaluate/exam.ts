/**
 * The exam: rates on the latest held-back calls, and its veto. It can only take back what the gate gave.
 * Does not: predict (predictions.ts), or count as a proof: the bound is the gate's.
 */
import type { Evidence, ExamVeto, GateResult, Rate } from '../core/specialist.ts';
import { clusteredRate } from '../stats/cluster-rate.ts';
import type { SessionTally } from '../stats/sessions.ts';
import { binomialTail } from '../stats/statistics.ts';
import { riskCurve, type ScoredAnswer, servedAt, tallySessions } from './gate-order.ts';

/** The veto falls where that number of errors would come in at most this share of exams at the error that was tested for. */
const VETO_LEVEL = 0.1;

export interface ExamAnswer extends ScoredAnswer {
  /** Whether a training example has its input, or nearly. */
  readonly seen: boolean;
  readonly fieldScore: number | null;
}

export interface ExamResult {
  readonly rates: Evidence['exam'];
  readonly gate: GateResult;
}

/**
 * The rates, and the gate's result unless the exam contradicts it. Each further use of an exam widens the intervals
 * (Bonferroni); the veto stays as strict as it was.
 */
export function examine(answers: readonly ExamAnswer[], gate: GateResult, uses: number): ExamResult {
  const level = 1 - 0.05 / uses;
  const threshold = gate.threshold ?? Number.POSITIVE_INFINITY;
  const cap = gate.sessions?.cap ?? Number.POSITIVE_INFINITY;
  const isServed = servedAt(answers, threshold, cap);
  const served = answers.filter((_, i) => isServed[i]);
  const errors = served.filter(({ correct }) => !correct).length;
  const fields = answers.flatMap(({ fieldScore }) => (fieldScore === null ? [] : [fieldScore]));
  const servedSessions = tallySessions(served);
  const veto = vetoOf(servedSessions, gate.observedBound ?? gate.epsilon);
  const rates: Evidence['exam'] = {
    accuracy: shareOf(answers, ({ correct }) => correct, level),
    coverage: shareOf(answers, (_, i) => isServed[i] === true, level),
    servedError: clusteredRate(servedSessions, level),
    unseenError: clusteredRate(tallySessions(served.filter(({ seen }) => !seen)), level),
    veto,
    curve: riskCurve(answers, { cap }),
    fieldScore: fields.length === 0 ? null : fields.reduce((sum, score) => sum + score, 0) / fields.length,
    uses,
  };
  if (!gate.passed || veto.errors === null || errors < veto.errors) return { rates, gate };
  const reason = `The exam contradicts the gate: ${errors} errors in ${served.length} served calls. Later calls differ from those it was calibrated on.`;
  return { rates, gate: { ...gate, passed: false, threshold: null, reason, moreCalls: null } };
}

/** What an exam that was not opened says: nothing. */
export function closedExam(): Evidence['exam'] {
  const none = clusteredRate([]);
  return { accuracy: none, coverage: none, servedError: none, curve: [], fieldScore: null, uses: 0 };
}

/**
 * From how many errors the exam takes the gate's word back, and the chance that it would notice a true error of twice
 * epsilon. The number is that of independent calls: errors that come together bring it about sooner, never later. The
 * power is that of as many calls as there would be if only one of each longest session counted: at least this much.
 */
export function vetoOf(sessions: readonly SessionTally[], epsilon: number): ExamVeto {
  const served = sessions.reduce((sum, session) => sum + session.served, 0);
  const longest = sessions.reduce((most, session) => Math.max(most, session.served), 1);
  const errors = vetoErrors(served, epsilon);
  const independent = Math.round(served / longest);
  const least = vetoErrors(independent, epsilon);
  const power = least === null ? 0 : 1 - binomialTail(least - 1, independent, 2 * epsilon);
  return { errors, power };
}

/** The fewest errors in `n` that are rare at epsilon; null where even `n` errors are not. */
function vetoErrors(n: number, epsilon: number): number | null {
  for (let errors = 1; errors <= n; errors++)
    if (1 - binomialTail(errors - 1, n, epsilon) <= VETO_LEVEL) return errors;
  return null;
}

/** The share of the answers that `hits`, by session. */
export function shareOf(
  answers: readonly ScoredAnswer[],
  hits: (answer: ScoredAnswer, index: number) => boolean,
  level = 0.95,
): Rate {
  const all = answers.map((answer, i) => ({ ...answer, correct: !hits(answer, i) }));
  return clusteredRate(tallySessions(all), level);
}
