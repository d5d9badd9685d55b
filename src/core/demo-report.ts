/**
 * What the demo gives back: the whole loop on the example agent, and its figures for programs. Plain data.
 * Does not: run the demo (examples/helpdesk/demo/), or say it in words (report/demo-text.ts).
 */
import type { EscalationReason, LlmReason } from './call.ts';
import type { Stage, StageChange } from './deployment.ts';
import type { LearnReport } from './learning.ts';
import type { Rate, Rung } from './specialist.ts';

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
