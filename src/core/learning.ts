/**
 * What a learning run takes and gives back: options and the report. Plain data, so that the terminal, the page, --json and
 * the dashboard all show the same figures.
 * Does not: hold payloads. Nothing here contains the text of a call.
 */
import type { AnswerKind, OutputKind } from './answer.ts';
import type { PredictedCoverage } from './assessment.ts';
import type { SplitName } from './dataset.ts';
import type { Finding } from './finding.ts';
import type { JudgeReport } from './judge.ts';
import type { Rung, Specialist, Verdict } from './specialist.ts';

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
