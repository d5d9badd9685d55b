/**
 * What `assess` says of the calls before anything is trained for good: figures alone, no text of a call.
 * Does not: work them out (learn/assess).
 */
import type { AnswerKind, OutputKind } from './answer.ts';
import type { LeftOut } from './learning.ts';
import type { Rung } from './specialist.ts';

export interface AssessReport {
  readonly kind: 'assess';
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly seconds: number;
  readonly seed: number;
  /** Of the configuration; the assessment is made for other bounds as well. */
  readonly epsilon: number;
  readonly delta: number;
  readonly calls: number;
  readonly usableCalls: number;
  readonly leftOut: readonly LeftOut[];
  /** Most calls first. */
  readonly tasks: readonly TaskAssessment[];
  readonly total: {
    /** Share of all calls that specialists can be expected to serve at `epsilon`, and its interval. */
    readonly coverage: Interval;
    /** Of the dollars; null where no price is known. */
    readonly dollars: Interval | null;
  };
  readonly notes: readonly string[];
}

/** An expectation, and the limits that the outcome lies within in nine of ten cases. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** What one bound could come to. */
export interface ExpectedCoverage extends Interval {
  readonly epsilon: number;
  /** How likely the gate lets a specialist pass with the calls that there are. */
  readonly passes: number;
  /** Share that could be served if held-back calls were plenty; an expectation without an interval. */
  readonly withMoreCalls: number;
  /** About how many more calls of the task bring the gate to most of that; 0: none; null: more would not help. */
  readonly moreCalls: number | null;
}

export interface TaskAssessment {
  readonly task: {
    readonly id: string;
    readonly name: string;
    readonly kind: OutputKind;
    readonly kinds?: Readonly<Partial<Record<AnswerKind, number>>>;
    readonly calls: number;
  };
  /** The places in the agent's code that make its calls. Most calls first. */
  readonly sites: readonly {
    readonly id: string;
    readonly turn: string;
    readonly tools: readonly string[];
    readonly calls: number;
  }[];
  readonly usage: TaskUsage;
  readonly profile: TaskProfile;
  /** Cheap rungs, cross-fitted on a sample of the calls that are not held back; null where none could be tried. */
  readonly probe: Probe | null;
  /** Ascending in epsilon; empty without a probe. */
  readonly expected: readonly ExpectedCoverage[];
  /** Which rung will probably do, and why; null where none will. */
  readonly rung: Rung | null;
  readonly why: string;
  readonly cost: LearningCost;
}

/** Of the calls that were recorded. */
export interface TaskUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Null where the price is not known. */
  readonly dollars: number | null;
  /** Null where the calls' times mean nothing, or span less than an hour. */
  readonly callsPerDay: number | null;
}

/** What the calls look like. Shares are of calls. */
export interface TaskProfile {
  /** Calls with an answer that is met five times or more. */
  readonly answersRepeated: number;
  /** Calls with an input that another call has. */
  readonly inputsRepeated: number;
  /** Of the values in JSON and in arguments, those that stand in the input; null where there are no such values. */
  readonly copyable: number | null;
  readonly distinctAnswers: number;
  /** Of the answers, bits: 0 where all are the same. */
  readonly entropyBits: number;
  /** Of calls with an input that comes again, those answered otherwise than most of its calls; null where there are few. */
  readonly contradicted: number | null;
}

export interface Probe {
  /** Calls it was made on, none of them held back for a proof. */
  readonly calls: number;
  /** Distinct inputs among them. */
  readonly inputs: number;
  readonly rung: Rung;
  /** Share of all answers that are correct, out of fold. */
  readonly accuracy: number;
  /** Of the recorded answers, those that look wrong, with the lower limit of that share (evaluate/wrong-answers). */
  readonly suspected: Pick<Interval, 'mean' | 'low'>;
  /** Others that were tried. */
  readonly others: readonly { readonly rung: Rung; readonly accuracy: number }[];
  /** The same rung on parts of the calls it is trained on, and what that would come to with more. */
  readonly curve: readonly CurvePoint[];
}

export interface CurvePoint {
  /** Calls that were learnt from. */
  readonly calls: number;
  readonly accuracy: number;
  /** Share that could be served at the configuration's epsilon if held-back calls were plenty. */
  readonly coverage: number;
  /** Not measured: a power law through the points before it. */
  readonly extrapolated?: true;
}

/** What learning takes, beside what it saves. Dollars are null where no price is known. */
export interface LearningCost {
  /** Of this machine, with the rungs that would be tried. */
  readonly minutes: number;
  readonly machineDollars: number;
  /** For asking the LLM again for each held-back call (`--ask-again`); null also where that is not done. */
  readonly askAgainDollars: number | null;
  /** For a judge of the LLM's price on the held-back texts, both orders; null where there are no texts. */
  readonly judgeDollars: number | null;
  /** A day, at the configuration's epsilon, net of audits. */
  readonly savingPerDay: number | null;
  /** Days until learning is paid for, without and with asking again; null where nothing is saved or known. */
  readonly paybackDays: number | null;
  readonly paybackDaysAskingAgain: number | null;
  /** What to do, where one way is cheaper; '' where there is nothing to choose. */
  readonly advice: string;
}

/** What was said of a task before it was learnt, kept with it. */
export interface PredictedCoverage {
  /** When, epoch milliseconds. */
  readonly at: number;
  readonly epsilon: number;
  readonly coverage: Interval;
  readonly rung: Rung | null;
}
