/** What is odd about a task's recorded calls, with their ids: for the report, the record and a person's eye. No text of a call. */

/**
 * wrong-answers: the LLM's answer is another than models that learnt from the other calls are sure of. answers-changed: at some
 * time answers of one form ended and others began. prompt-changed: its prompt took the place of another task's. refusals: the LLM declined. several-jobs: answers of several kinds.
 * rare-answers: met too seldom to be learnt. loops: the same call again and again in a session.
 */
export type FindingKind =
  | 'wrong-answers'
  | 'answers-changed'
  | 'prompt-changed'
  | 'refusals'
  | 'several-jobs'
  | 'rare-answers'
  | 'loops';

export interface Finding {
  readonly kind: FindingKind;
  /** Calls that it is about, of those that were looked at. */
  readonly calls: number;
  readonly of: number;
  /** Ids of the first of them. */
  readonly ids: readonly string[];
  /** In a sentence. */
  readonly says: string;
  /** What was done about it, in a sentence. */
  readonly done: string;
  /** Whether a refusal probably comes of it. */
  readonly isCause: boolean;
}

/** Most ids that a finding keeps. */
export const MAX_IDS = 200;
