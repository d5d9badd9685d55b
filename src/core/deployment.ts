/** A specialist in a stage of service, and the record of how it came there. */

/**
 * proposed: waits for a person's word. shadow: answers are compared, never used. canary: a share of the calls. live: all.
 * suspended: none, until it is proved anew. retired: none.
 */
export type Stage = 'proposed' | 'shadow' | 'canary' | 'live' | 'suspended' | 'retired';

/** What a change of stage rests on. */
export interface StageNumbers {
  /** Comparisons with the LLM since the deployment, and those that differed. */
  readonly comparisons: number;
  readonly errors: number;
  /** The same since the errors last began to pile up: what a break is made of. */
  readonly recent: {
    readonly comparisons: number;
    readonly errors: number;
    /** When the first of them came. Absent in records of earlier versions. */
    readonly since?: number;
  };
  /** The error share that was tested. */
  readonly margin: number;
  /** The evidence (e-value) for the verdict; 1/delta was asked for. */
  readonly evidence: number;
}

export interface StageChange {
  readonly stage: Stage;
  readonly at: number;
  readonly reason: string;
  /** Where comparisons moved it. */
  readonly numbers?: StageNumbers;
  /** Where an alarm sent it back: by alarm (deploy/alarms) the share that is no alarm any more, from here on. */
  readonly expects?: Readonly<Record<string, number>>;
  /** Where another name of the LLM sent it back: the names that were heard, which are known from here on. */
  readonly models?: readonly string[];
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

/** Whether somebody is asked in this stage. */
/** The time from which comparisons count towards the end of its stage: when it last came into shadow, first or sent back. */
export const provingSince = ({ history }: Pick<Deployment, 'history'>): number =>
  history.findLast(({ stage }) => stage === 'shadow')?.at ?? 0;

export const isInService = (stage: Stage): boolean =>
  stage === 'shadow' || stage === 'canary' || stage === 'live';

/** One comparison of a specialist's answer with the LLM's on the same call, in production. */
export interface Audit {
  readonly callId: string;
  readonly deploymentId: string;
  readonly at: number;
  readonly stage: Stage;
  readonly confidence: number;
  /** The specialist's answer came to the same as the LLM's. */
  readonly correct: boolean;
  /** With which the call was chosen, among those whose answer would be used; absent on audits of earlier versions. */
  readonly probability?: number;
  /** Keyed pseudonym of the session, as on the call; absent where nobody said which calls belong together. */
  readonly session?: string;
  /** Keyed hash of what the specialist read. */
  readonly input?: string;
  /** The caller got this answer. Absent on audits of earlier versions: it is not known. */
  readonly used?: boolean;
  /** The LLM could be asked again where the answers differ: its single slips are not counted as errors. */
  readonly settled?: boolean;
  /**
   * Of a specialist whose texts a judge has proved: whether it could be asked. Where it could not, texts that differ count as
   * errors, and are held to how often they differed at the proof. Absent for others.
   */
  readonly judged?: boolean;
}

/** What an audit belongs to: calls with the same session or input are no independent evidence. */
export type Belonging = Pick<Audit, 'session' | 'input'>;
