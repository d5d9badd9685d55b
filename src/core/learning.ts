/**
 * What the offline loop takes and gives back: options and reports. Plain data, so that the terminal, the page,
 * --json and a later dashboard all show the same figures.
 * Does not: hold payloads. Nothing here contains the text of a call.
 */
import type { AnswerKind, OutputKind } from './answer.ts';
import type { PredictedCoverage } from './assessment.ts';
import type { EscalationReason, LlmReason } from './call.ts';
import type { SplitName } from './dataset.ts';
import type { Stage, StageChange } from './deployment.ts';
import type { Finding } from './finding.ts';
import type { JudgeReport } from './judge.ts';
import type { UpstreamsReport } from './observe.ts';
import type { Rate, Rung, Specialist, Verdict } from './specialist.ts';

export interface LearnOptions {
  /** Ids or names of the tasks to learn. Default: all. */
  readonly tasks?: readonly string[];
  /** How sessions are put in line before splitting: by time, or shuffled by seed where times mean nothing. */
  readonly order?: 'time' | 'shuffle-sessions';
  /** Do everything except deploying. */
  readonly dryRun?: boolean;
  /** What passes waits for a person's approval instead of coming into service. */
  readonly propose?: boolean;
  /** Ids of tasks to leave as they are; `tasks` comes first. */
  readonly except?: readonly string[];
}

export interface Hardware {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** Operating system and architecture, like 'linux x64'. */
  readonly platform: string;
  /** Version of Node. */
  readonly node: string;
}

/** One learning run: the six steps over all that has been captured. */
export interface LearnReport {
  readonly kind: 'learn';
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly seconds: number;
  readonly seed: number;
  readonly dryRun: boolean;
  readonly epsilon: number;
  readonly delta: number;
  readonly hardware: Hardware;
  /** Calls in the store, and those of them that could be learnt from. */
  readonly calls: number;
  readonly usableCalls: number;
  /** Calls left out before tasks were sought, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** The same with a call's id for each reason; also usable calls that belong to no task. Absent in earlier versions. */
  readonly leftOut?: readonly LeftOut[];
  /** Largest task first. */
  readonly tasks: readonly TaskReport[];
  /** Things a person should know, each in one line with what to do: 'no encoder weights: …'. */
  readonly notes: readonly string[];
}

/** Calls that nothing is learnt from, for one reason. */
export interface LeftOut {
  readonly reason: string;
  readonly calls: number;
  /** The id of one of them; null where it is not known. */
  readonly example: string | null;
}

/** Most calls first. */
export function leftOutOf(
  counts: Readonly<Record<string, number>>,
  examples: Readonly<Record<string, string>>,
): readonly LeftOut[] {
  return Object.entries(counts)
    .filter(([, calls]) => calls > 0)
    .map(([reason, calls]) => ({ reason, calls, example: examples[reason] ?? null }))
    .sort((a, b) => b.calls - a.calls || (a.reason < b.reason ? -1 : 1));
}

export interface TaskReport {
  readonly task: {
    readonly id: string;
    readonly name: string;
    readonly kind: OutputKind;
    /** Share of its calls by the kind of their answer. Absent in reports of earlier versions. */
    readonly kinds?: Readonly<Partial<Record<AnswerKind, number>>>;
    readonly calls: number;
  };
  /** Null where there were too few calls to make one. */
  readonly dataset: {
    readonly id: string;
    /** Examples per split. */
    readonly sizes: Readonly<Record<SplitName, number>>;
    readonly dropped: Readonly<Record<string, number>>;
    /** The same with a call's id for each reason. Absent in reports of earlier versions. */
    readonly leftOut?: readonly LeftOut[];
  } | null;
  readonly verdicts: readonly Verdict[];
  readonly trained: readonly TrainedCandidate[];
  /** With its evidence, also where the gate refused it; null where nothing was trained to the end. */
  readonly specialist: Specialist | null;
  /** How many more answers the LLM was asked for, for references by majority; 0 where it was not. */
  readonly askedAgain: number;
  readonly deployed: boolean;
  readonly outcome: 'passed' | 'refused';
  /** In plain words. */
  readonly reason: string;
  /** Why the specialist in service was suspended, where this run's held-back calls refute it. */
  readonly suspended?: string;
  /** About how many more calls it would take to pass; null where more would not help, or none are needed. */
  readonly moreCalls: number | null;
  /** What `assess` had said of it at this bound; absent where it was not asked. */
  readonly predicted?: PredictedCoverage;
  /** What is odd about its calls, and what was done about it. Absent in reports of earlier versions, and where there is nothing. */
  readonly findings?: readonly Finding[];
  /** Absent where no judge is configured, or the task has no texts. */
  readonly judge?: JudgeReport;
}

export interface TrainedCandidate {
  readonly candidateId: string;
  readonly rung: Rung;
  readonly base: string | null;
  readonly seconds: number;
  /** As in Artefact: steps, examples, loss, tokens per second. */
  readonly figures: Readonly<Record<string, number>>;
}

export interface ImportedFile {
  readonly path: string;
  /** Names of the formats that were recognised, like 'openai-chat'; 'empty', or 'unknown' where none was. */
  readonly format: string;
  /** Calls that the store did not have. */
  readonly calls: number;
  /** Calls that it had. */
  readonly already: number;
  /** What was not imported, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
  /** The first records that were skipped for each reason, with their line (from 1; 0 where there is none). */
  readonly lines: readonly { readonly line: number; readonly reason: string }[];
}

export interface ImportReport {
  readonly kind: 'import';
  /** Read only: nothing was stored, and `calls` are those that could be. */
  readonly dryRun: boolean;
  readonly files: readonly ImportedFile[];
  /** Sums over the files. */
  readonly calls: number;
  readonly already: number;
  readonly skipped: Readonly<Record<string, number>>;
  /** Calls whose time the files do not tell: they are set one second apart, in the order of the files. */
  readonly untimed: number;
  /** Those of them that had a time, but before 2015 or in the future. */
  readonly implausible: number;
  readonly seconds: number;
}

/** What erasing some days took away, and what was learnt from their calls, which stays. */
/** What erasing senders took away, or would; the fields as in EraseReport. */
export interface SenderEraseReport
  extends Pick<EraseReport, 'dryRun' | 'calls' | 'parts' | 'purged' | 'stays'> {
  readonly kind: 'erase-senders';
  /** Their pseudonyms. */
  readonly origins: readonly string[];
}

export interface EraseReport {
  readonly kind: 'erase';
  /** Nothing was erased: the figures are what would be. */
  readonly dryRun: boolean;
  /** First and last day, YYYY-MM-DD in UTC, both included; null: from the beginning. */
  readonly from: string | null;
  readonly to: string;
  /** Days whose data key was deleted. */
  readonly days: readonly string[];
  /** Calls in the store, and the pieces of their payloads (0 in a dry run). */
  readonly calls: number;
  readonly parts: number;
  readonly journal: {
    /** Calls of those days in the journals; some may have been in the store too. */
    readonly calls: number;
    /** Segments that were removed, or written again without those days; those in quarantine too. */
    readonly segments: number;
    /** Segments that a running gateway is writing: what they hold of those days goes within seconds, unread. */
    readonly open: number;
  };
  /** False where another process was reading: deleted rows, sealed, may stand in the write-ahead log for a while. */
  readonly purged: boolean;
  readonly stays: {
    /** Tasks in the store: templates, labels, numbers. */
    readonly tasks: number;
    /** Those that learnt from erased calls; `stage` is null where they are not deployed. */
    readonly specialists: readonly {
      readonly id: string;
      readonly task: string;
      readonly version: number;
      readonly stage: Stage | null;
    }[];
  };
}

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

/** Milliseconds that an agent waited for its answer. */
export interface LatencyMs {
  readonly p50: number;
  readonly p95: number;
}

/** Dollars per token, and where they come from. */
export interface PriceUsed {
  readonly model: string;
  readonly inputPerToken: number;
  readonly outputPerToken: number;
  readonly cachedInputPerToken: number;
  readonly source: string;
  /** YYYY-MM-DD; '' where the user gave the price. */
  readonly asOf: string;
}

/** One task (or a call site that no specialist took) in the second half of the demo's day. */
export interface DemoTask {
  /** Name of the task found; the call site's name where no task was found for it. */
  readonly task: string;
  readonly taskId: string | null;
  /** The agent's own name for the call site. */
  readonly site: string;
  readonly method: Rung | null;
  /** Where it ended; null where nothing was deployed. */
  readonly stage: Stage | null;
  /** Calls of the second half. */
  readonly calls: number;
  readonly served: number;
  /** Share of its calls that the specialist served, after it went live too. */
  readonly coverage: Rate;
  /** The error share that the gate vouches for with confidence 1 − delta; null where nothing was deployed. */
  readonly errorBound: number | null;
  /** Served answers that are wrong by the mailbox's truth. */
  readonly trueErrors: Rate;
  /** The LLM's own wrong answers on this call site, by the same truth. */
  readonly llmErrors: Rate;
  readonly escalations: Readonly<Partial<Record<EscalationReason, number>>>;
  readonly latencyBefore: LatencyMs;
  readonly latencyAfter: LatencyMs;
  readonly history: readonly StageChange[];
}

/** The whole loop on the example agent: a day in two halves. */
export interface DemoReport {
  readonly kind: 'demo';
  readonly startedAt: number;
  readonly seconds: number;
  readonly seed: number;
  /** Whether it was the fast demo: fewer calls, and only what is trained in seconds. */
  readonly fast: boolean;
  readonly upstream: {
    /** True: our own server that answers from the mailbox's truth. False: the user's own LLM. */
    readonly standIn: boolean;
    readonly model: string;
    /** The stand-in's stated share of mistakes; null for a real LLM. */
    readonly mistakeShare: number | null;
    /** The stand-in waits this share of an LLM's time; reported latencies have the rest added. 1: nothing was scaled. */
    readonly timeScale: number;
  };
  readonly mailbox: { readonly messages: number; readonly firstHalf: number; readonly secondHalf: number };
  /** Adjusted Rand index of the tasks found against the agent's real call sites. */
  readonly clusterAri: number;
  /** Rows: tasks found. Calls of each real call site in it. */
  readonly tasksFound: readonly {
    readonly task: string;
    readonly callsBySite: Readonly<Record<string, number>>;
  }[];
  readonly learn: LearnReport;
  readonly secondHalf: {
    readonly calls: number;
    readonly takenOver: Rate;
    readonly servedErrors: Rate;
    /** Every call that the LLM served, by reason. */
    readonly llmReasons: Readonly<Partial<Record<LlmReason, number>>>;
    readonly tasks: readonly DemoTask[];
  };
  /** Dollars for the second half's calls: all by the LLM, and as it was (audits and shadow calls included). */
  readonly costBefore: number;
  readonly costAfter: number;
  /** Dollars for held-back calls that were asked again while learning; spent once. */
  readonly costLearning: number;
  readonly prices: readonly PriceUsed[];
  readonly latencyBefore: LatencyMs;
  readonly latencyAfter: LatencyMs;
  readonly steps: readonly { readonly name: string; readonly seconds: number }[];
}

/** The demo's figures for programs: the last line of `understudy demo --json`. */
export interface DemoFigures {
  /** Figures of the fast demo are not those of the whole one. */
  readonly fast: boolean;
  readonly clusterAri: number;
  readonly takenOverShare: number;
  readonly servedErrorRate: number;
  readonly specialists: readonly {
    readonly task: string;
    readonly site: string;
    readonly method: Rung;
    readonly stage: Stage;
    readonly coverage: number;
    readonly errorBound: number;
    readonly served: number;
    readonly trueErrorRate: number;
  }[];
  readonly refused: readonly {
    readonly task: string;
    readonly reason: string;
    readonly moreCalls: number | null;
  }[];
  readonly costBefore: number;
  readonly costAfter: number;
  readonly costLearning: number;
  readonly latencyBefore: LatencyMs;
  readonly latencyAfter: LatencyMs;
  readonly standIn: boolean;
  readonly seconds: number;
}

export function demoFigures(report: DemoReport): DemoFigures {
  return {
    fast: report.fast,
    clusterAri: report.clusterAri,
    takenOverShare: report.secondHalf.takenOver.share,
    servedErrorRate: report.secondHalf.servedErrors.share,
    specialists: report.secondHalf.tasks.flatMap((task) =>
      task.method === null || task.stage === null || task.errorBound === null
        ? []
        : [
            {
              task: task.task,
              site: task.site,
              method: task.method,
              stage: task.stage,
              coverage: task.coverage.share,
              errorBound: task.errorBound,
              served: task.served,
              trueErrorRate: task.trueErrors.share,
            },
          ],
    ),
    refused: report.learn.tasks
      .filter((task) => task.outcome === 'refused')
      .map((task) => ({ task: task.task.name, reason: task.reason, moreCalls: task.moreCalls })),
    costBefore: report.costBefore,
    costAfter: report.costAfter,
    costLearning: report.costLearning,
    latencyBefore: report.latencyBefore,
    latencyAfter: report.latencyAfter,
    standIn: report.upstream.standIn,
    seconds: report.seconds,
  };
}
