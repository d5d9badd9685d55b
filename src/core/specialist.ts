/** Candidates, trained specialists, and the evidence on them. */
import type { AnswerKind, OutputKind } from './answer.ts';
import type { Usage } from './call.ts';
import type { Contradictions } from './dataset.ts';
import type { Json, JsonObject } from './json.ts';
import type { JudgeEvidence } from './judge.ts';
import type { CallSite } from './task.ts';

/**
 * A kind of specialist, by the name that reports show: a step of the ladder that tasks climb, cheapest first. A trainer
 * names what it trains, a runtime what it runs; nothing else knows one from another. Those that come with Understudy:
 * docs/trainers.md.
 */
export type Rung = string;

/** A base model plus a training recipe. */
export interface Candidate {
  readonly id: string;
  readonly taskId: string;
  readonly rung: Rung;
  /** Catalogue name of the base model or encoder; null for the lexical rung. */
  readonly base: string | null;
  /** Hyperparameters, by the trainer's own names. */
  readonly recipe: JsonObject;
}

/** A candidate that was not tried, or lost, and why. */
export interface Verdict {
  readonly candidate: Candidate;
  readonly chosen: boolean;
  readonly reason: string;
  /** Estimated share of calls it could serve at the gate's error, on the validation split. */
  readonly estimate?: number;
  /** Where it was not tried for want of time: the minutes for one pass over its examples. */
  readonly minutesNeeded?: number;
}

/** What a trainer leaves: a file or folder, and its hash. Every version has its own path. */
export interface Artefact {
  readonly rung: Rung;
  readonly base: string | null;
  readonly path: string;
  readonly sha256: string;
  readonly trainedMs: number;
  /** Figures of the run worth keeping: steps, examples, final loss, tokens per second. */
  readonly figures: Readonly<Record<string, number>>;
  /** Where it writes the values of JSON objects alone: their keys, in order (models/decoder/answer-keys). */
  readonly answerKeys?: readonly string[];
  /** The answers of a classifier (models/classifier/linear). Like the keys, they are a caller's words, and stand in no file. */
  readonly answers?: { readonly classes: readonly string[]; readonly plan: Json };
}

/** What a runtime tells about its own confidence; every signal is in [0, 1], higher is more confident. */
export type Signals = Readonly<Record<string, number>>;

/** One answer of a specialist. */
export interface Prediction {
  /** As targetOf writes answers; '' where it has none to give. */
  readonly answer: string;
  /** Which tools it takes the answer to call ('' for none), where it can tell that but gives no answer. */
  readonly choice?: string;
  readonly signals: Signals;
  readonly ms: number;
  /** Tokens that it took, all samples together; absent where nobody counts them. */
  readonly usage?: Pick<Usage, 'promptTokens' | 'completionTokens'>;
}

/**
 * Signals that tell how much an input resembles those that were learnt from: the share of known n-grams, the similarity to
 * the nearest (models/classifier/linear).
 */
export const DISTRIBUTION_SIGNALS = ['known', 'familiarity'] as const;

/** Combines signals into one probability of being right: logistic in the logits of the signals. */
export interface ConfidenceModel {
  readonly signals: readonly string[];
  readonly weights: readonly number[];
  readonly bias: number;
  /**
   * For each distribution signal a value a little below nearly all of the calls that the model was fitted on: below it an
   * input is unlike them (evaluate/confidence).
   * Absent in models of earlier versions.
   */
  readonly floors?: Signals;
}

/** A share with its 95 % interval: Clopper–Pearson's, or by session where calls hang together (stats/cluster-rate). */
export interface Rate {
  readonly hits: number;
  readonly n: number;
  readonly share: number;
  readonly low: number;
  readonly high: number;
  /** The number of independent calls that vary as much as these; absent where they are `n`. */
  readonly effectiveN?: number;
}

/** The LLM's own slips among `n` calls, with an interval. */
export interface SlipRate {
  readonly n: number;
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/** A point on the curve of risk against coverage: what would be served at this threshold, and how much of it wrong. */
export interface RiskPoint {
  readonly threshold: number;
  readonly coverage: number;
  readonly served: number;
  readonly errors: number;
}

/** Answers of about the same confidence: how many, how many of them right, and their mean confidence. */
export interface ReliabilityBin {
  readonly n: number;
  readonly correct: number;
  readonly confidence: number;
}

/** How far the confidence can be trusted, over all answers to a split (stats/calibration says what each measure is). */
export interface ConfidenceQuality {
  readonly bins: readonly ReliabilityBin[];
  /** ECE. */
  readonly calibrationError: number;
  /** AURC. */
  readonly riskCoverageArea: number;
  /** Mean score at each confidence target: right +1, abstained 0, wrong −t/(1−t). */
  readonly scores: readonly { readonly target: number; readonly score: number }[];
}

/** How often a label was given where another was right, on held-back calls. */
export interface Confusion {
  readonly expected: string;
  readonly answered: string;
  readonly n: number;
}

/** A held-back call that was answered wrong. */
export interface HeldBackMistake {
  readonly callId: string;
  readonly confidence: number;
}

/** The gate's word on one specialist. */
export interface GateResult {
  readonly passed: boolean;
  /** Null where no threshold passed. */
  readonly threshold: number | null;
  readonly epsilon: number;
  readonly delta: number;
  /** On the calibration split, at the threshold (or at the best one tried). */
  readonly served: number;
  readonly errors: number;
  readonly n: number;
  readonly pValue: number;
  /** Where a judge decides: the share of observed errors that shows epsilon, its own errors allowed for. */
  readonly observedBound?: number;
  /** What the served calls are worth as a sample. Absent in evidence of earlier versions. */
  readonly sessions?: {
    /** Sessions with a served call. */
    readonly count: number;
    /** Most calls of one session that are served; 1: the exact binomial test. */
    readonly cap: number;
    /** Share of the calls beyond the cap in earlier sessions: the LLM's. */
    readonly beyondCap: number;
    /** Independent calls with the same share of errors that would have the same p-value. */
    readonly effectiveCalls: number;
  };
  /** Which try of the task this was, from 1, and the share of delta that it was tested at. */
  readonly tries?: { readonly number: number; readonly delta: number };
  /** In plain words, for the report. */
  readonly reason: string;
  /** About how many more held-back calls the same quality would need to pass; null where more would not help. */
  readonly moreCalls: number | null;
}

/** The exam takes back what the gate gave where that number of errors would be rare at epsilon. */
export interface ExamVeto {
  /** From this number of errors among the served on; null where no number of them would do. */
  readonly errors: number | null;
  /** The chance that it would have noticed a true error of twice epsilon. */
  readonly power: number;
}

/** Specialist and LLM, both compared with what feedback says is correct. */
export interface TruthComparison {
  /** served: exam calls that would be served. all: all answers on the calibration split, where the exam stayed closed. */
  readonly scope: 'served' | 'all';
  /** False: of some calls alone, which somebody chose to speak of; no fair sample. True: of all (gate.truth). */
  readonly complete: boolean;
  /** Calls of the split, and those of them whose truth is known. */
  readonly heldBack: number;
  readonly known: number;
  /** Of those compared, one a session. */
  readonly specialist: Rate;
  readonly llm: Rate;
  /** Calls that one of them alone has wrong. */
  readonly onlySpecialist: number;
  readonly onlyLlm: number;
  /** Error share of the specialist minus the LLM's, and what it does not exceed with confidence 1 − delta. */
  readonly difference: number;
  readonly high: number;
  readonly delta: number;
  /** What `high` has to stay within for the specialist to be no worse: the gate's epsilon. */
  readonly margin: number;
  readonly nonInferior: boolean;
}

/** What becomes of the calls that the LLM answers in one kind. */
export interface KindEvidence {
  readonly kind: AnswerKind;
  /** Of all of them, answered correctly; and given an answer, correct or not. */
  readonly accuracy: Rate;
  readonly answered: Rate;
  /** Of all of them, served; and of those, wrong. Of none where there is no threshold. */
  readonly coverage: Rate;
  readonly servedError: Rate;
}

/** An agent's calls: which tool or none, and the arguments, apart. */
export interface ToolEvidence {
  /** The same tools as the LLM, or none as the LLM: of all calls, also where no answer is given. */
  readonly choice: Rate;
  /** Of the LLM's tool calls for which the same tools were chosen: the arguments are equal, too. */
  readonly arguments: Rate;
}

/** Results by the kind of the LLM's answers; `tools` where there are tool calls. */
export interface EvidenceByKind {
  readonly kinds: readonly KindEvidence[];
  readonly tools?: ToolEvidence;
}

export interface Evidence {
  readonly datasetId: string;
  readonly calibration: {
    readonly accuracy: Rate;
    readonly curve: readonly RiskPoint[];
    /** Absent in evidence of earlier versions. */
    readonly confidence?: ConfidenceQuality;
    /** Of a label task; the most frequent first. Absent in evidence of earlier versions. */
    readonly confusions?: readonly Confusion[];
    /** The surest first. Absent in evidence of earlier versions. */
    readonly mistakes?: readonly HeldBackMistake[];
    /** Absent in evidence of earlier versions. */
    readonly byKind?: EvidenceByKind;
  };
  /** On the exam split: accuracy of all answers; share served; errors among the served. */
  readonly exam: {
    readonly accuracy: Rate;
    readonly coverage: Rate;
    /** Over the calls as they come, repeats included. */
    readonly servedError: Rate;
    /** Over those served whose input no training example has. Absent in evidence of earlier versions. */
    readonly unseenError?: Rate;
    /** How sure the exam's veto is. Absent where the exam was not opened. */
    readonly veto?: ExamVeto;
    readonly curve: readonly RiskPoint[];
    /** Absent where the exam was not opened. */
    readonly byKind?: EvidenceByKind;
    /** Mean per-field score, for JSON; null elsewhere. */
    readonly fieldScore: number | null;
    /** How often this exam has been used for this task, this time included. */
    readonly uses: number;
  };
  readonly gate: GateResult;
  /** What decided which answers are equal (core/compare: equalityId). Absent: another than today's. */
  readonly equality?: string;
  /**
   * How often the LLM gave the same answer when held-back calls were asked again; the references are then its
   * majority. Null where it was not asked: the references are the recorded answers.
   */
  readonly selfAgreement: Rate | null;
  /**
   * Where the LLM was asked again: how often one fresh answer of it differs from the reference that the specialist got
   * right, among the calls that would be served; the two ends hold together with confidence 1 − delta. Absent elsewhere.
   */
  readonly slips?: SlipRate;
  /**
   * Share of the held-back calls, of calibration and exam, whose inputs are unlike those learnt from, so that they are not served.
   * Absent in evidence of earlier versions.
   */
  readonly unfamiliar?: Rate;
  /** Absent where the truth of no held-back call is known. */
  readonly truth?: TruthComparison;
  /** Absent where equality decided everything. */
  readonly judge?: JudgeEvidence;
  readonly latencyMs: { readonly p50: number; readonly p95: number };
}

/** What a specialist was proved on (callsite/proved). Callers' words are in it, as in the task. */
export interface ProvedOn {
  /** With the shapes of their slots: what follows another template, or has other slots, was not proved. */
  readonly sites: readonly CallSite[];
  readonly kind: OutputKind;
  readonly labels: readonly string[];
  /**
   * Hashes of the tools' versions without volatile values, descriptions included, and of what the schemas allow; null where
   * the tools are part of the input. Calls as they come are compared by the schemas alone: what is recorded of a description
   * may have had a name replaced.
   */
  readonly tools: { readonly versions: readonly string[]; readonly schemas: readonly string[] } | null;
  /** Hash of what the response format allows; null where it is part of the input, or there is none. */
  readonly format: string | null;
  readonly logitBias?: JsonObject;
  /** The names of the LLM's models in the answers of the task's calls. Absent in proofs of earlier versions. */
  readonly models?: readonly string[];
  /** How often it contradicted itself. Absent in proofs of earlier versions. */
  readonly contradictions?: Contradictions;
  /** As on the task. */
  readonly shapedBy?: string;
}

/** A trained candidate for one task, with its evidence. */
export interface Specialist {
  readonly id: string;
  readonly taskId: string;
  readonly version: number;
  readonly kind: OutputKind;
  readonly candidate: Candidate;
  readonly artefact: Artefact;
  readonly confidence: ConfidenceModel;
  readonly evidence: Evidence;
  /** Absent where an earlier version proved it: it serves whatever the task is now. */
  readonly proved?: ProvedOn;
  readonly createdAt: number;
}
