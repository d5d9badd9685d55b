/**
 * The comparison of a specialist's answer with the LLM's to the same call, beside the client: whether it is correct, by
 * equality, by a judge, or by the majority of what the LLM says when it is asked again. What it finds is an audit.
 * Does not: choose the calls (assignment.ts), or decide what audits mean (deploy/watch.ts).
 */
import type { Answer } from '../core/answer.ts';
import type { CallRequest, CallResponse, EscalationReason } from '../core/call.ts';
import type { Audit } from '../core/deployment.ts';
import { whyNoAnswer } from '../core/ending.ts';
import type { Compare, RedactedRequest } from '../core/online.ts';
import type { Specialist } from '../core/specialist.ts';
import type { Task } from '../core/task.ts';
import type { Candidacy } from './assignment.ts';
import type { Route } from './routes.ts';
import type { Attempt, AttemptToServe } from './serve-attempt.ts';
import { isCorrectByMajority } from './settle.ts';

export interface ComparisonOptions {
  /** Right or wrong against the LLM's answer, by the task's output kind. */
  readonly right: (task: Task, answer: Answer, llm: CallResponse) => boolean;
  /** Asks the LLM again where the answers differ, to settle it; absent: never. */
  readonly settling?: AuditSettling;
  /** Says whether texts that differ are as good, for specialists that were proved so; absent: equality decides. */
  readonly judging?: AuditJudging;
  /** A comparison of an answer that was, or would have been, used. */
  readonly onAudit: (audit: Audit) => void;
  /** An answer in shadow that would not have been used, and why: nothing is compared then. */
  readonly onUnused?: (deploymentId: string, reason: EscalationReason) => void;
  readonly now: () => number;
}

interface AuditSettling {
  /** Whether it may now. Asked before anything is known of the audit, so that it depends on the past alone. */
  readonly isAllowed: () => boolean;
  /** Each time that it is asked. */
  readonly onAsked: () => void;
  /** Whether two answers of the LLM come to the same, by the task's output kind. */
  readonly same: (task: Task, a: CallResponse, b: CallResponse) => boolean;
}

export interface AuditJudging {
  /** Whether it is the judge by which this specialist was proved. */
  readonly isOwn: (specialist: Specialist) => boolean;
  /**
   * Whether this specialist's judge answers, as far as is known. Asked before anything is known of the audit, as `isAllowed`
   * is.
   */
  readonly isReady: (specialist: Specialist) => boolean;
  /** Counts a pair of equal texts once the judge has answered about another: it may be down by now. If it has not, never. */
  readonly hold: (count: () => void) => void;
  /** Whether a comparison that it could not be asked about says anything. */
  readonly isTold: (specialist: Specialist) => boolean;
  /**
   * Null where the judge did not say. Never rejects.
   * @param call Its request, and what the specialist read of it, without personal data.
   */
  readonly isCorrect: (
    task: Task,
    call: { readonly request: CallRequest; readonly input: string },
    answer: Answer,
    llm: CallResponse,
    signal: AbortSignal,
  ) => Promise<boolean | null>;
}

/**
 * The comparison of one call's answers, to be made when the LLM's is there.
 * @param known What became of the specialist's answer; null: it is asked when the comparison is made.
 * @param probability With which the call was chosen for it.
 */
export type Comparison = (
  callId: string,
  candidacy: Candidacy,
  known: Attempt | null,
  probability: number,
) => Compare;

/** Whether an answer is correct, and how that was found. */
interface AuditOutcome {
  readonly correct: boolean;
  /** Who was to say so where answers differ; decided before they were compared. */
  readonly by: Pick<Audit, 'settled' | 'judged'>;
  /** It counts once the judge has answered about another pair. */
  readonly isHeld: boolean;
}

/** @param isInPlace Whether this deployment still is its task's. */
export function createComparison(
  options: ComparisonOptions,
  attempt: AttemptToServe,
  isInPlace: (route: Route) => boolean,
): Comparison {
  const { settling, judging, right, now } = options;

  /** Null where the pair may not count: without the judge's answers on others like it, the share of errors would be biased. */
  const outcomeOf = async (
    { route: { task, specialist }, request }: Candidacy,
    { answer, input }: Extract<Attempt, { readonly used: true }>,
    llm: CallResponse,
    signal: AbortSignal,
    again: (() => Promise<CallResponse | null>) | undefined,
  ): Promise<AuditOutcome | null> => {
    const isByJudge = specialist.evidence.judge !== undefined;
    // Settled before the answers are compared: else equal ones would count while the judge is down, and others not.
    const judged = isByJudge && judging?.isReady(specialist) === true;
    const settled = again !== undefined && !isByJudge && settling?.isAllowed() === true;
    const by = { ...(settled ? { settled } : {}), ...(isByJudge ? { judged } : {}) };
    const isCorrect = (other: CallResponse): boolean => right(task, answer, other);
    const isEqual = isCorrect(llm);
    let correct = isEqual;
    if (isByJudge && !isEqual && judging?.isOwn(specialist)) {
      const verdict = judging.isCorrect(task, { request, input }, answer, llm, signal);
      if (judged) {
        const said = await verdict;
        if (said === null) return null;
        correct = said;
      }
      // Else it is asked to see whether it answers again; this audit goes by equality all the same.
    }
    if (isByJudge && !judged && judging?.isTold(specialist) !== true) return null;
    if (!correct && settled)
      correct = await isCorrectByMajority(llm, {
        again: async () => {
          settling.onAsked();
          const other = await again().catch(() => null);
          // What is not learnt from settles nothing either.
          return other === null || whyNoAnswer(request, other) !== null ? null : other;
        },
        isCorrect,
        same: (a, b) => settling.same(task, a, b),
      });
    return { correct, by, isHeld: judged && isEqual };
  };

  return (callId, candidacy, known, probability) => {
    const { route, request, read } = candidacy;
    const { deployment } = route;
    // As the calls came, whenever they are compared.
    const belonging = candidacy.belonging(candidacy.derived);
    return async (llm, signal, again) => {
      // What is not learnt from measures nobody either.
      if (whyNoAnswer(request, llm) !== null) return;
      const outcome = known ?? (await attempt(candidacy, signal, await patiently(read, signal)));
      // Only answers that would be used are promised to be right, so only they are compared with the bound.
      if (!outcome.used) {
        if (!signal.aborted) options.onUnused?.(deployment.id, outcome.reason);
        return;
      }
      if (signal.aborted || !isInPlace(route)) return;
      const found = await outcomeOf(candidacy, outcome, llm, signal, again);
      // Where it was aborted only some answers could be compared, and not a random part of them.
      if (found === null || signal.aborted) return;
      const audit = {
        callId,
        probability,
        ...belonging,
        used: known !== null,
        ...found.by,
        deploymentId: deployment.id,
        at: now(),
        // The stage in which the call came: the deployment may have moved since.
        stage: deployment.stage,
        confidence: outcome.confidence,
        correct: found.correct,
      };
      if (found.isHeld) judging?.hold(() => options.onAudit(audit));
      else options.onAudit(audit);
    };
  };
}

/**
 * Nobody waits for a comparison: the model that finds people may have to be opened first, and meanwhile it takes no place among a
 * specialist's calls, and nothing of its time.
 */
async function patiently(read: RedactedRequest, signal: AbortSignal): Promise<RedactedRequest | null> {
  if (!read.complete) return read;
  if (signal.aborted) return null;
  const over = Promise.withResolvers<null>();
  const onAbort = (): void => over.resolve(null);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([read.complete(true).catch(() => null), over.promise]);
  } finally {
    // It is that of the whole gateway, and outlives its comparisons.
    signal.removeEventListener('abort', onAbort);
  }
}
