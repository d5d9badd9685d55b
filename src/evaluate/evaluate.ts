/**
 * From a trained artefact to its evidence: predicts the held-back calls, marks them, fits the confidence on the
 * validation split, lets the gate choose on the calibration split, and opens the exam last.
 * Does not: train, or decide on a deployment.
 */

import type { Dataset, Example } from '../core/dataset.ts';
import { type OnProgress, progressOf } from '../core/progress.ts';
import type { Runtime } from '../core/runtime.ts';
import type {
  Artefact,
  ConfidenceModel,
  Evidence,
  GateResult,
  Prediction,
  Rate,
} from '../core/specialist.ts';
import { confidenceOf } from '../stats/confidence.ts';
import { rateOf } from '../stats/statistics.ts';
import { fitConfidence } from './confidence.ts';
import { type GateOptions, NOT_SERVABLE, riskAt, riskCurve, runGate, type Scored } from './gate.ts';
import type { Mark, Scorer } from './scorers/scorer.ts';
import { type Repeats, slipRate } from './slips.ts';
import { wrongFieldText } from './wrong-fields.ts';

/** One held-back call: what the specialist said, and what it is worth. */
export interface Marked {
  readonly exampleId: string;
  readonly prediction: Prediction;
  readonly mark: Mark;
  /** Whether the online decision would give this answer to a caller, its confidence being high enough. */
  readonly servable: boolean;
}

export interface PredictionOptions {
  readonly runtime: Runtime;
  readonly artefact: Artefact;
  readonly scorer: Scorer;
  /** The online decision on an answer to the example's call (route/), but for its confidence. Default: all are given. */
  readonly isServable?: (example: Example, answer: string) => boolean;
  /** Calls at once; 8 unless told. */
  readonly concurrency?: number;
  readonly on?: OnProgress;
  /** For the progress: a task's name. */
  readonly subject?: string;
  readonly signal?: AbortSignal;
}

/** Predicts and marks the examples, in their order. The recorded answer is passed as draft: the same result, sooner. */
export async function scorePredictions(
  examples: readonly Example[],
  options: PredictionOptions,
): Promise<Marked[]> {
  const { runtime, artefact, scorer, isServable = () => true, signal } = options;
  const report = progressOf(options.on, 'evaluate', examples.length, options.subject);
  const out: Marked[] = new Array<Marked>(examples.length);
  let next = 0;
  let done = 0;
  const worker = async (): Promise<void> => {
    while (next < examples.length) {
      signal?.throwIfAborted();
      const i = next++;
      const { id, input, answer } = examples[i]!;
      const prediction = await runtime.predict(artefact, input, {
        draft: answer,
        ...(signal ? { signal } : {}),
      });
      const servable = isServable(examples[i]!, prediction.answer);
      const mark = await scorer.score(input, answer, prediction.answer);
      out[i] = { exampleId: id, prediction, mark, servable };
      report(++done);
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.concurrency ?? 8, examples.length) }, worker));
  return out;
}

/** Confidence and right or wrong of each; what is undecided counts as wrong. */
export function scoredBy(model: ConfidenceModel, marked: readonly Marked[]): Scored[] {
  return marked.map(({ prediction, mark, servable }) => ({
    confidence: servable ? confidenceOf(model, prediction.signals) : NOT_SERVABLE,
    right: mark.right === true,
  }));
}

const judged = (marked: readonly Marked[]) =>
  marked.map(({ prediction, mark }) => ({ signals: prediction.signals, right: mark.right === true }));

export interface AssessOptions extends PredictionOptions, GateOptions {
  readonly dataset: Dataset;
  /** The validation split, where it has been predicted already. */
  readonly validation?: readonly Marked[];
  /** Counts one more use of the exam and returns the count, this one included. Called only if the exam is opened. */
  readonly useExam: () => Promise<number>;
  /** From asking the LLM again (ask-again.ts), where the references in `dataset` are its majority answers. */
  readonly selfAgreement?: Rate | null;
  /** What that told of each example. */
  readonly repeats?: ReadonlyMap<string, Repeats>;
  /** Opens the exam of a candidate that the gate refused, too. */
  readonly examAnyway?: boolean;
}

export interface Assessment {
  readonly confidence: ConfidenceModel;
  readonly evidence: Evidence;
}

/**
 * The evidence on a candidate. The exam is opened only if the gate passed (its rates are empty otherwise), and can
 * only take back what the gate gave: where the errors among the served are significantly above epsilon, it refuses.
 */
export async function assess(options: AssessOptions): Promise<Assessment> {
  const { dataset, epsilon, delta } = options;
  const { splits } = dataset;
  const validation = options.validation ?? (await scorePredictions(splits.validation, options));
  const confidence = fitConfidence(judged(validation));
  const marked = await scorePredictions(splits.calibration, options);
  const calibration = scoredBy(confidence, marked);
  const undecided = marked.filter(({ mark }) => mark.right === null).length;
  const tested = explain(
    runGate(scoredBy(confidence, validation), calibration, { epsilon, delta }),
    undecided,
    marked,
  );
  const gate = splits.exam.length === 0 ? withoutExam(tested) : tested;
  const slips = slipsOf(options.repeats, marked, confidence, gate);
  const opened = gate.passed || options.examAnyway === true;
  const exam = opened ? await examine(confidence, gate, options) : { rates: emptyExam(), gate };
  return {
    confidence,
    evidence: {
      datasetId: dataset.id,
      calibration: { accuracy: accuracyOf(calibration), curve: riskCurve(calibration) },
      exam: exam.rates,
      gate: exam.gate,
      selfAgreement: options.selfAgreement ?? null,
      ...(slips ? { slips } : {}),
      latencyMs: await latencyOf(splits.validation, options),
    },
  };
}

/** The LLM's slips among the calibration calls that would be served; undefined where it was not asked again. */
function slipsOf(
  repeats: ReadonlyMap<string, Repeats> | undefined,
  marked: readonly Marked[],
  confidence: ConfidenceModel,
  { threshold, delta }: GateResult,
): Evidence['slips'] {
  if (repeats === undefined || threshold === null) return undefined;
  const served = marked.flatMap(({ exampleId, prediction, mark }) => {
    const told = repeats.get(exampleId);
    if (told === undefined || confidenceOf(confidence, prediction.signals) < threshold) return [];
    return [mark.right === true ? told : null];
  });
  return slipRate(served, delta);
}

type ExamRates = Evidence['exam'];

async function examine(
  confidence: ConfidenceModel,
  gate: GateResult,
  options: AssessOptions,
): Promise<{ rates: ExamRates; gate: GateResult }> {
  const uses = await options.useExam();
  const marked = await scorePredictions(options.dataset.splits.exam, options);
  const scored = scoredBy(confidence, marked);
  // Each further use of the same exam spends part of the 5 % (Bonferroni).
  const level = 1 - 0.05 / uses;
  const { served, errors } = riskAt(scored, gate.threshold ?? Number.POSITIVE_INFINITY);
  const fields = marked.flatMap(({ mark }) => (mark.fieldScore === null ? [] : [mark.fieldScore]));
  const rates: ExamRates = {
    accuracy: accuracyOf(scored, level),
    coverage: rateOf(served, scored.length, level),
    servedError: rateOf(errors, served, level),
    curve: riskCurve(scored),
    fieldScore: fields.length === 0 ? null : fields.reduce((sum, score) => sum + score, 0) / fields.length,
    uses,
  };
  if (!gate.passed || rates.servedError.low <= gate.epsilon) return { rates, gate };
  const reason = `The exam contradicts the gate: ${errors} errors in ${served} served calls. Later calls differ from those it was calibrated on.`;
  return { rates, gate: { ...gate, passed: false, threshold: null, reason, moreCalls: null } };
}

const accuracyOf = (scored: readonly Scored[], level = 0.95): Rate =>
  rateOf(scored.filter(({ right }) => right).length, scored.length, level);

function emptyExam(): ExamRates {
  const none = rateOf(0, 0);
  return { accuracy: none, coverage: none, servedError: none, curve: [], fieldScore: null, uses: 0 };
}

/** Nothing is deployed that later calls have not been held against. */
function withoutExam(gate: GateResult): GateResult {
  if (!gate.passed) return gate;
  const reason =
    'No calls are left for the exam: they come from too few sessions, or repeat what was learnt from.';
  return { ...gate, passed: false, threshold: null, reason, moreCalls: null };
}

/** A refusal that is owed to undecided answers says so: more calls would not help, a judge would. */
function explain(gate: GateResult, undecided: number, marked: readonly Marked[]): GateResult {
  if (gate.passed) return gate;
  if (undecided === 0)
    return { ...gate, reason: gate.reason + wrongFieldText(marked.map(({ mark }) => mark)) };
  const share = Math.round((undecided / Math.max(1, gate.n)) * 100);
  const reason = `${share} % of its answers are texts that differ from the LLM's, and without a judge model nobody can say whether they are as good.`;
  return { ...gate, reason, moreCalls: null };
}

/** As a caller would meet it: one at a time, without a draft, which would flatter. */
async function latencyOf(
  examples: readonly Example[],
  { runtime, artefact, signal }: PredictionOptions,
): Promise<Evidence['latencyMs']> {
  const sample = examples.slice(0, 21);
  const times: number[] = [];
  for (const { input } of sample) {
    signal?.throwIfAborted();
    times.push((await runtime.predict(artefact, input, signal ? { signal } : {})).ms);
  }
  // The first one loads and warms up.
  const sorted = times.slice(1).sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return { p50: at(0.5), p95: at(0.95) };
}
