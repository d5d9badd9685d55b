/** A specialist in a stage of service, and the record of how it came there. */

/** shadow: answers are compared, never used. canary: a share of the calls. live: all. retired: none. */
export type Stage = 'shadow' | 'canary' | 'live' | 'retired';

export interface StageChange {
  readonly stage: Stage;
  readonly at: number;
  readonly reason: string;
}

export interface Deployment {
  readonly id: string;
  readonly taskId: string;
  readonly specialistId: string;
  readonly stage: Stage;
  /** Answers below this confidence are not used. */
  readonly threshold: number;
  /** Oldest first. */
  readonly history: readonly StageChange[];
}

/** One comparison of a specialist's answer with the LLM's on the same call, in production. */
export interface Audit {
  readonly callId: string;
  readonly deploymentId: string;
  readonly at: number;
  readonly stage: Stage;
  readonly confidence: number;
  readonly right: boolean;
}
