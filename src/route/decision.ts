/**
 * The decision on one call of a task, without its surroundings: whether a specialist is asked, with which text, and
 * whether what it answers may be used. Pure. Calls as they come (router.ts) and recorded ones, on which a candidate is
 * proved (learn/), are decided here, so that what is proved is what is served.
 * Does not: know stages, specialists or time limits (router.ts).
 */
import { asProved, likeProved } from '../callsite/proved.ts';
import { distil } from '../callsite/variable-part.ts';
import type { Answer } from '../core/answer.ts';
import type { CallRequest, EscalationReason } from '../core/call.ts';
import type { RedactedRequest } from '../core/online.ts';
import { whyNotAsked } from '../core/policy.ts';
import type { ConfidenceModel, Prediction, ProvedOn } from '../core/specialist.ts';
import type { Task } from '../core/task.ts';
import { confidenceOf, isInDistribution } from '../stats/confidence.ts';
import { answerCheck } from './check.ts';
import { misfit } from './misfit.ts';

/** What a specialist is asked about a call, or why it is not. */
export type Admission =
  | { readonly asked: true; readonly input: string }
  | { readonly asked: false; readonly reason: EscalationReason };

/** What became of asking a specialist. Its answer is used only if it is valid and its confidence suffices. */
export type Outcome =
  | { readonly used: true; readonly answer: Answer; readonly confidence: number }
  | {
      readonly used: false;
      readonly reason: EscalationReason;
      readonly confidence?: number;
      /** One that the caller could use, were it surer. */
      readonly unsure?: Answer;
    };

/** Whose answer it is: how its signals combine, and the least confidence with which it is used. */
export interface Standard {
  readonly confidence: ConfidenceModel;
  readonly threshold: number;
}

export interface TaskDecision {
  /**
   * @param read The request as specialists read requests.
   * @param at When it came, epoch milliseconds; null: not known.
   */
  admit(request: CallRequest, read: RedactedRequest, at: number | null): Admission;
  /** The answer to the caller, if it is one that the caller could use; null otherwise. */
  accept(request: CallRequest, read: RedactedRequest, answer: string): Answer | null;
  /** Whether a prediction is used. */
  judge(request: CallRequest, read: RedactedRequest, prediction: Prediction, standard: Standard): Outcome;
}

/**
 * The decisions on a task's calls. Schemas are compiled once: keep it as long as the task is the same.
 * @param proved What the specialist was proved on; absent: that is what is being done.
 */
export function decisionFor(present: Task, proved?: ProvedOn): TaskDecision {
  const task = asProved(present, proved);
  const isLikeProved = likeProved(task, proved);
  const check = answerCheck(task);
  const accept: TaskDecision['accept'] = (request, read, text) => {
    const revealed = read.reveal(text, task.kind);
    const answer = revealed === null ? null : check(revealed, request);
    return answer === null || misfit(request, answer) !== null ? null : answer;
  };
  return {
    accept,
    admit: (request, read, at) => {
      if (whyNotAsked(task, request) !== null) return { asked: false, reason: 'policy' };
      const input = distil(task, read.request);
      return input !== null && isLikeProved({ request: read.request, at })
        ? { asked: true, input }
        : { asked: false, reason: 'unfamiliar-input' };
    },
    judge: (request, read, prediction, standard) => {
      const confidence = confidenceOf(standard.confidence, prediction.signals);
      const answer = accept(request, read, prediction.answer);
      if (answer === null) return { used: false, reason: 'invalid-output', confidence };
      if (!isInDistribution(standard.confidence, prediction.signals))
        return { used: false, reason: 'unfamiliar-input', confidence };
      // So written that a confidence that is no number is not enough.
      if (!(confidence >= standard.threshold))
        return { used: false, reason: 'low-confidence', confidence, unsure: answer };
      return { used: true, answer, confidence };
    },
  };
}
