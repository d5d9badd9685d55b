/**
 * What is in the store and in the journals, for people and programs that look at it from outside. Plain data; nothing here
 * contains the text of a call.
 * Does not: gather it (setup/status.ts), or say it in words (report/status-text.ts).
 */
import type { OutputKind } from './answer.ts';
import type { Stage, StageChange } from './deployment.ts';
import type { UpstreamsReport } from './observe.ts';
import type { Rung } from './specialist.ts';

/** What has been recorded and is not in the store. */
export interface JournalState {
  /** Segments that wait to be drained. */
  readonly waiting: {
    readonly segments: number;
    readonly bytes: number;
    /** Since the last call in the oldest one was written; null where none waits. */
    readonly oldestSeconds: number | null;
  };
  /** Segments that were set aside because they could not be read as a whole. */
  readonly quarantine: { readonly segments: number; readonly bytes: number };
}

/** A mean over sessions with its 95 % interval; null bounds where too few tell none. */
export interface Mean {
  readonly n: number;
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * A metric that callers gave as feedback, by session. Observed, not tried: the sessions in which specialists serve are others
 * than those in which they do not, so that a difference may come from the sessions.
 */
export interface OutcomeReport {
  /** The callers' name; yes and no are 1 and 0. */
  readonly name: string;
  readonly withSpecialists: Mean;
  readonly llmAlone: Mean;
}

/** What is in the store, for people and programs that look at it from outside. */
export interface StatusReport {
  readonly kind: 'status';
  readonly calls: number;
  /** Calls that were answered and are not recorded, by reason, as long as this data folder exists. */
  readonly lost: Readonly<Record<string, number>>;
  readonly journal: JournalState;
  /** Null where no gateway runs, or it has one plain server for each API. */
  readonly upstreams: UpstreamsReport | null;
  /** How often feedback was given. */
  readonly feedback: number;
  readonly outcomes: readonly OutcomeReport[];
  /** The judge of texts, and what it took today (UTC). Absent where none is configured. */
  readonly judge?: {
    readonly name: string;
    readonly spentToday: number;
    readonly dollarsADay: number;
    /** Why it is not asked; null where it may be. */
    readonly refusal: string | null;
  };
  readonly tasks: readonly {
    readonly id: string;
    readonly name: string;
    readonly kind: OutputKind;
    readonly calls: number;
    readonly specialists: number;
    /** A person has stopped it: its calls go to the LLM. */
    readonly isStopped: boolean;
    /** A person has excluded it: it is neither learnt nor served. */
    readonly isExcluded: boolean;
    /** Why it stands where it does, in a sentence: why it is not live, or how it fares if it is. */
    readonly why: string;
    /** What passed waits for a person's approval. */
    readonly isProposed: boolean;
    /** The newest one that is not retired. */
    readonly deployment: {
      readonly id: string;
      readonly specialistId: string;
      readonly rung: Rung;
      readonly stage: Stage;
      readonly threshold: number;
      readonly coverage: number;
      /** Who judges its texts, and how that one errs; null where equality decides. */
      readonly judgedBy: string | null;
      readonly audits: number;
      readonly auditErrors: number;
      /** The error share that its stage is about: shown to be undercut before the next stage, or held while live. */
      readonly margin: number;
      /** The error among the calls served since it is live, each audit by its weight; null before. */
      readonly servedError: number | null;
      /** About how many more comparisons end its stage; null where none will, or that is not to be expected. */
      readonly moreComparisons: number | null;
      /** Of the task's latest calls that were decided on: those recognised, served, and escalated though recognised. */
      readonly lately: {
        readonly calls: number;
        readonly recognised: number;
        readonly served: number;
        readonly escalated: number;
      };
      readonly history: readonly StageChange[];
    } | null;
  }[];
}
