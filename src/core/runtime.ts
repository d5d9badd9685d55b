/** The two interfaces behind which small models are made and run. */
import type { OutputKind } from './answer.ts';
import type { Example } from './dataset.ts';
import type { OnProgress } from './progress.ts';
import type { Artefact, Candidate, Prediction, Rung } from './specialist.ts';

/** Makes an artefact out of examples. Implementations: train/linear, train/encoder, train/embedded, train/peft, train/hosted. */
export interface Trainer {
  readonly name: string;
  readonly rungs: readonly Rung[];
  /**
   * Trains and writes the artefact under `job.dir`. Resumes a run that was killed, if `dir` holds one of the same job.
   * @throws UnderstudyError 'unsupported' before any work where the candidate cannot be trained,
   *   'diverged', 'cancelled', 'unavailable' (weights missing).
   */
  train(job: TrainingJob, on?: OnProgress, signal?: AbortSignal): Promise<Artefact>;
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
   * What the answer probably is. The result is the same without it; with it, a language model checks the words
   * in one pass instead of writing them one by one (OpenAI calls the same thing a prediction), and vectors of texts
   * may be remembered. So times are only true without it.
   */
  readonly draft?: string;
}

/** Runs artefacts. Implementations: runtime/linear (encoder with a head), runtime/llama, runtime/remote. */
export interface Runtime {
  readonly rungs: readonly Rung[];
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
}
