/** The two interfaces behind which small models are made and run. */
import type { OutputKind } from './answer.ts';
import type { CallRequest } from './call.ts';
import type { Dataset, Example } from './dataset.ts';
import type { OnProgress } from './progress.ts';
import type { Artefact, Candidate, Prediction, Rung } from './specialist.ts';
import type { Task } from './task.ts';

/** Makes an artefact out of examples. Implementations: train/linear, train/encoder, train/extractor, train/embedded, train/peft, train/hosted. */
export interface Trainer {
  readonly name: string;
  /**
   * What it could train for a task, cheapest first, each with what that takes, or with the reason why not. Pure and
   * quick: it opens no weights, sends nothing and changes nothing, so that it can be asked as often as one likes.
   */
  propose(task: Task, dataset: Dataset, limits: TrainingLimits): readonly Proposal[];
  /**
   * Trains and writes the artefact under `job.dir`. Resumes a run that was killed, if `dir` holds one of the same job.
   * @throws UnderstudyError 'unsupported' before any work where the candidate cannot be trained,
   *   'diverged', 'cancelled', 'unavailable' (weights missing).
   */
  train(job: TrainingJob, on?: OnProgress, signal?: AbortSignal): Promise<Artefact>;
}

/**
 * What training takes. seconds: always tried, before anything that takes minutes. minutes: tried with what the time
 * allows, and only where what takes seconds leaves enough to gain.
 */
export type TrainingCost = 'seconds' | 'minutes';

/** A base model and a recipe that a trainer offers for a task; with the task, a Candidate. */
export interface Proposal {
  readonly rung: Rung;
  /** Catalogue name of the base model, or the provider's name for it; null where there is none. */
  readonly base: string | null;
  readonly recipe: Candidate['recipe'];
  readonly cost: TrainingCost;
  /** How much there is to do, in units of the trainer's own (mostly tokens to go through): minutes × 60 × speed. */
  readonly work: number;
  /** Expected minutes of training; null where nothing is known of the speed yet. */
  readonly minutes: number | null;
  /** Null where the trainer would train it. */
  readonly refusal: Refusal | null;
  /** Trained and run by somebody else: what is known of this machine and its models says nothing about it. */
  readonly elsewhere?: true;
  /** What its answers cost, in dollars per token; null: that is not known. Absent: nothing. */
  readonly price?: TokenPrice | null;
}

/** Dollars per token. */
export interface TokenPrice {
  readonly input: number;
  readonly output: number;
}

/** Why a trainer would not train. */
export interface Refusal {
  /** In one sentence, for the report. */
  readonly reason: string;
  /** Where only the time is too short: minutes that would do. */
  readonly minutesNeeded?: number;
}

/** What a proposal has to keep to. */
export interface TrainingLimits {
  /** Base models that there are, whether or not their weights are here. */
  readonly bases: readonly BaseModel[];
  /** Minutes that may be spent on this task's trainings of cost `minutes`. */
  readonly minutes: number;
  /** Work per second in this trainer's trainings on this machine so far, by base; null before one is finished. */
  readonly speedOf: (base: string | null) => number | null;
}

/** What a trainer must know of a base model (models/weights/catalogue). */
export interface BaseModel {
  readonly name: string;
  readonly kind: 'language' | 'encoder' | 'classifier';
  readonly parameters: number;
  /** ggml's name, or a configuration's model_type. */
  readonly architecture: string;
}

export interface TrainingJob {
  readonly candidate: Candidate;
  readonly kind: OutputKind;
  readonly train: readonly Example[];
  readonly validation: readonly Example[];
  /** Empty or absent folder, or one left by the same job. */
  readonly dir: string;
  readonly seed: number;
}

export interface PredictOptions {
  readonly signal?: AbortSignal;
  /**
   * The whole request that the input is the variable part of, as specialists read requests: what a runtime needs that asks a
   * model with the caller's own prompt.
   */
  readonly request?: CallRequest;
  /**
   * What the answer probably is. The result is the same without it; with it, a language model checks the words
   * in one pass instead of writing them one by one (OpenAI calls the same thing a prediction), and vectors of texts
   * may be remembered. So times are only true without it.
   */
  readonly draft?: string;
}

/** Runs artefacts. Implementations: runtime/linear (encoder with a head), runtime/extractor, runtime/llama, runtime/remote. */
export interface Runtime {
  readonly rungs: readonly Rung[];
  /** Whether it may answer the same input otherwise the next time: it samples, or reads the whole request. Default: no. */
  readonly varies?: boolean;
  /** @throws UnderstudyError 'unavailable' (process or weights gone), 'overloaded', 'timed-out', 'cancelled'. */
  predict(artefact: Artefact, input: string, options?: PredictOptions): Promise<Prediction>;
  close(): Promise<void>;
}

/**
 * How a server of small models is doing. closed: calls are sent there. open: it hangs or is down, calls go to the LLM
 * at once. half-open: it is being probed.
 */
export interface RuntimeHealth {
  readonly state: 'closed' | 'open' | 'half-open';
  /** When the state last changed, milliseconds since the epoch. */
  readonly since: number;
  /** Calls that failed since the last one that was served. */
  readonly failures: number;
  /** How often its process has been started again; 0 where it is not ours. */
  readonly restarts: number;
}

/** Turns texts into vectors of unit length. Implementations: runtime/encoder (the embedded MiniLM). */
export interface Encoder {
  /** Catalogue name of the model. */
  readonly name: string;
  readonly dimensions: number;
  /** One vector per text, in order. @throws UnderstudyError 'unavailable'. */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]>;
  /** This encoder as an artefact of the rung `encoder` tunes it; absent where it cannot be. */
  readonly tunedBy?: (artefact: Artefact) => Encoder;
  /** What an artefact of the rung `extractor` says of an input; absent where it cannot be asked. */
  readonly readBy?: (artefact: Artefact, input: string, signal?: AbortSignal) => Promise<UnitReading>;
}

/** Where the value of a tag stands: units [start, end); null: nowhere. Undefined: the tags of units say it. */
export type ValueReading =
  | {
      readonly start: number;
      readonly end: number;
      /** That it is this value, if there is one at all. */
      readonly probability: number;
      /** In (0, 1): how sure it is that there is one, beside values that were there; about 0.1 at the least sure of those. */
      readonly presence: number;
      /** The next best values, for where another field has this one's place. */
      readonly others: readonly {
        readonly start: number;
        readonly end: number;
        readonly probability: number;
      }[];
    }
  | null
  | undefined;

/** Probabilities that a model gives for a whole input and for its units (models/extractor). */
export interface UnitReading {
  /** Of each option of each group. */
  readonly options: Float32Array;
  /** Of each tag of each unit, unit by unit. */
  readonly tags: Float32Array;
  /** The value of each tag, where the model says more of it than the tags of its units do. */
  readonly values?: readonly ValueReading[];
  /**
   * For each field of the plan the probability that it is copied from the input, where its tool or form has it; NaN where
   * the tags of units say so. Absent: NaN for all.
   */
  readonly copied?: Float32Array;
  /** How near an example stands, in [0, 1]. */
  readonly familiarity: number;
}
