/** Candidates, trained specialists, and the evidence on them. */
import type { OutputKind } from './answer.ts';
import type { Json, JsonObject } from './json.ts';

/**
 * The ladder, cheapest first. lexical: linear classifier on words, no weights needed. knn, head: nearest
 * neighbours and a linear classifier on the encoder's frozen vectors. encoder: the encoder fine-tuned with its head.
 * lora: an adapter on a base language model. hosted: a model fine-tuned and run by a provider, where one is configured.
 */
export type Rung = 'lexical' | 'knn' | 'head' | 'encoder' | 'lora' | 'hosted';

/** What training a rung takes on a task of ordinary size, cheapest first. */
export const COST: Readonly<Record<Rung, 'seconds' | 'minutes'>> = {
  lexical: 'seconds',
  knn: 'seconds',
  head: 'seconds',
  encoder: 'minutes',
  lora: 'minutes',
  hosted: 'minutes',
};

/** The ladder in its order. */
export const RUNGS = Object.keys(COST) as readonly Rung[];

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
  /** Where it writes the values of JSON objects alone: their keys, in order (models/answer-keys). */
  readonly answerKeys?: readonly string[];
  /** The answers of a classifier (models/linear). Like the keys, they are a caller's words, and stand in no file. */
  readonly answers?: { readonly classes: readonly string[]; readonly plan: Json };
}

/** What a runtime tells about its own sureness; every signal is in [0, 1], higher is surer. */
export type Signals = Readonly<Record<string, number>>;

/** One answer of a specialist. */
export interface Prediction {
  /** As targetOf writes answers; '' where it has none to give. */
  readonly answer: string;
  readonly signals: Signals;
  readonly ms: number;
}

/** Combines signals into one probability of being right: logistic in the logits of the signals. */
export interface ConfidenceModel {
  readonly signals: readonly string[];
  readonly weights: readonly number[];
  readonly bias: number;
}

/** A share with its exact (Clopper–Pearson) 95 % interval. */
export interface Rate {
  readonly hits: number;
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
  /** In plain words, for the report. */
  readonly reason: string;
  /** About how many more held-back calls the same quality would need to pass; null where more would not help. */
  readonly moreCalls: number | null;
}

export interface Evidence {
  readonly datasetId: string;
  readonly calibration: { readonly accuracy: Rate; readonly curve: readonly RiskPoint[] };
  /** On the exam split: accuracy of all answers; share served; errors among the served. */
  readonly exam: {
    readonly accuracy: Rate;
    readonly coverage: Rate;
    readonly servedError: Rate;
    readonly curve: readonly RiskPoint[];
    /** Mean per-field score, for JSON; null elsewhere. */
    readonly fieldScore: number | null;
    /** How often this exam has been used for this task, this time included. */
    readonly uses: number;
  };
  readonly gate: GateResult;
  /**
   * How often the LLM gave the same answer when held-back calls were asked again; the references are then its
   * majority. Null where it was not asked: the references are the recorded answers.
   */
  readonly selfAgreement: Rate | null;
  readonly latencyMs: { readonly p50: number; readonly p95: number };
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
  readonly createdAt: number;
}
