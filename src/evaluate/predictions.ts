/**
 * Predictions of held-back calls and their grades; and how long a prediction takes as a caller would meet it.
 * Does not: say which answers would be served (scored-answers.ts), or what that proves (evaluate.ts).
 */
import type { CallRequest } from '../core/call.ts';
import type { Example } from '../core/dataset.ts';
import { mapSome } from '../core/each.ts';
import { type OnProgress, progressOf } from '../core/progress.ts';
import type { PredictOptions, Runtime } from '../core/runtime.ts';
import type { Artefact, Evidence, Prediction } from '../core/specialist.ts';
import type { Grade, Scorer } from './scorers/scorer.ts';

/** One held-back call: what the specialist said, and whether that is correct. */
export interface GradedPrediction {
  readonly exampleId: string;
  /** The session of the call. */
  readonly session: string;
  /** Whether a training example has its input, or nearly. */
  readonly seen: boolean;
  readonly prediction: Prediction;
  readonly grade: Grade;
  /** Whether the online decision would give this answer to a caller, its confidence being high enough. */
  readonly servable: boolean;
}

export interface PredictionOptions {
  readonly runtime: Runtime;
  readonly artefact: Artefact;
  readonly scorer: Scorer;
  /** The online decision on an answer to the example's call (route/), but for its confidence. Default: all are given. */
  readonly isServable?: (example: Example, answer: string) => boolean;
  /** The whole request of an example's call, for runtimes that need it. */
  readonly requestOf?: (example: Example) => CallRequest | undefined;
  /** Calls at once. Default: 8. */
  readonly concurrency?: number;
  readonly on?: OnProgress;
  /** For the progress: a task's name. */
  readonly subject?: string;
  readonly signal?: AbortSignal;
}

/**
 * Predicts and grades the examples, in their order. The recorded answer is passed as draft: the same result, sooner. An input
 * that comes again is predicted once: a specialist answers it alike.
 */
export async function gradePredictions(
  examples: readonly Example[],
  options: PredictionOptions,
): Promise<GradedPrediction[]> {
  const { runtime, artefact, scorer, isServable = () => true, signal } = options;
  const report = progressOf(options.on, 'evaluate', examples.length, options.subject);
  const predictions = new Map<string, Promise<Prediction>>();
  let done = 0;
  return mapSome(examples, options.concurrency ?? 8, async (example) => {
    signal?.throwIfAborted();
    const { id, sessionId, input, answer, seen = false } = example;
    // Where answers vary, each call has one of its own, as it will when it is served.
    let asked = runtime.varies ? undefined : predictions.get(input);
    if (asked === undefined) {
      asked = runtime.predict(artefact, input, { draft: answer, ...askedWith(example, options) });
      if (!runtime.varies) predictions.set(input, asked);
    }
    const prediction = await asked;
    const grade = await scorer.score(input, answer, prediction.answer);
    const servable = isServable(example, prediction.answer);
    report(++done);
    return { exampleId: id, session: sessionId, seen, prediction, grade, servable };
  });
}

/** What a runtime is told of an example's call besides its input. */
function askedWith(example: Example, { requestOf, signal }: PredictionOptions): PredictOptions {
  const request = requestOf?.(example);
  return { ...(signal ? { signal } : {}), ...(request ? { request } : {}) };
}

/** The same without what a judge said: texts that differ are undecided. */
export function byEquality(graded: readonly GradedPrediction[]): GradedPrediction[] {
  return graded.map((each) =>
    each.grade.judged ? { ...each, grade: { ...each.grade, correct: null } } : each,
  );
}

/** Milliseconds that each of the examples takes as a caller would meet it: one at a time, without a draft, which would flatter. */
export async function timePredictions(
  examples: readonly Example[],
  options: PredictionOptions,
): Promise<number[]> {
  const { runtime, artefact, signal } = options;
  const times: number[] = [];
  for (const example of examples) {
    signal?.throwIfAborted();
    times.push((await runtime.predict(artefact, example.input, askedWith(example, options))).ms);
  }
  return times;
}

/** The latency of the first examples. */
export async function latencyOf(
  examples: readonly Example[],
  options: PredictionOptions,
): Promise<Evidence['latencyMs']> {
  const times = await timePredictions(examples.slice(0, 21), options);
  // The first one loads and warms up.
  const sorted = times.slice(1).sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return { p50: at(0.5), p95: at(0.95) };
}
