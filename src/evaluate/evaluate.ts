/**
 * From a trained artefact to its evidence: predicts the held-back calls, grades them, fits the confidence on the
 * validation split, lets the gate choose on the calibration split, and opens the exam last.
 * Does not: train, or decide on a deployment.
 */

import type { CallRequest } from '../core/call.ts';
import type { Dataset, Example } from '../core/dataset.ts';
import { mapSome } from '../core/each.ts';
import { type OnProgress, progressOf } from '../core/progress.ts';
import type { PredictOptions, Runtime } from '../core/runtime.ts';
import type {
  Artefact,
  ConfidenceModel,
  Evidence,
  GateResult,
  Prediction,
  Rate,
  TruthComparison,
} from '../core/specialist.ts';
import { qualityOf } from '../stats/calibration.ts';
import { confidenceOf, isInDistribution } from '../stats/confidence.ts';
import { evidenceByKind } from './by-kind.ts';
import type { TimedOutcome } from './change-point.ts';
import { fitConfidence, type GradedSignals } from './confidence.ts';
import { mistakesOf } from './confusions.ts';
import { closedExam, type ExamResult, examine, shareOf } from './exam.ts';
import { canPass, runGate, testThresholds, whyNotYet } from './gate.ts';
import {
  answeredOf,
  type GateOptions,
  type GateRun,
  NOT_SERVABLE,
  riskCurve,
  type ScoredAnswer,
  servedAt,
  sessionSizes,
} from './gate-order.ts';
import { type JudgedRun, judgeEvidence } from './judge/judged-run.ts';
import type { Grade, Scorer } from './scorers/scorer.ts';
import { type Repeats, slipRate } from './slips.ts';
import { compareWithTruth } from './truth.ts';
import { wrongFieldText } from './wrong-fields.ts';

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

/** The confidence by which the router would decide on an answer; NOT_SERVABLE where it would not be given at all. */
export function servedConfidence(
  model: ConfidenceModel,
  { prediction: { signals }, servable }: Pick<GradedPrediction, 'prediction' | 'servable'>,
): number {
  return servable && isInDistribution(model, signals) ? confidenceOf(model, signals) : NOT_SERVABLE;
}

/** The confidence of each answer and whether it is correct; what is undecided counts as wrong. */
export function scoreAnswers(
  model: ConfidenceModel,
  graded: readonly GradedPrediction[],
): (ScoredAnswer & Pick<GradedPrediction, 'seen'>)[] {
  return graded.map((each) => ({
    confidence: servedConfidence(model, each),
    correct: each.grade.correct === true,
    session: each.session,
    seen: each.seen,
  }));
}

/** By session. The floors were settled on earlier calls, and the share plays no part in what is chosen: it is a fair estimate. */
function unfamiliarShare(model: ConfidenceModel, graded: readonly GradedPrediction[]): Rate {
  const answers = scoreAnswers(model, graded);
  return shareOf(answers, (_, i) => !isInDistribution(model, graded[i]!.prediction.signals));
}

/** The same without what a judge said: texts that differ are undecided. */
export function byEquality(graded: readonly GradedPrediction[]): GradedPrediction[] {
  return graded.map((each) =>
    each.grade.judged ? { ...each, grade: { ...each.grade, correct: null } } : each,
  );
}

/** Signals and correctness, for fitting the confidence. */
export function gradedSignals(graded: readonly GradedPrediction[]): GradedSignals[] {
  return graded.map(({ prediction, grade }) => ({
    signals: prediction.signals,
    correct: grade.correct === true,
  }));
}

export interface AssessOptions extends PredictionOptions, GateOptions {
  readonly dataset: Dataset;
  /** The validation split, where it has been predicted already. */
  readonly validation?: readonly GradedPrediction[];
  /** Counts one more use of the exam and returns the count, this one included. Called only if the exam is opened. */
  readonly useExam: () => Promise<number>;
  /**
   * The number that a try of this task would have now, from 1, and what counts it and gives the number that it has: a
   * higher one where another process has begun a try meanwhile. Default: its one try.
   */
  readonly tries?: { readonly number: number; readonly use: () => Promise<number> };
  /** From asking the LLM again (ask-again.ts), where the references in `dataset` are its majority answers. */
  readonly selfAgreement?: Rate | null;
  /** complete: the truth of all held-back calls is known. Default: partial. */
  readonly truth?: 'partial' | 'complete';
  /** What that told of each example. */
  readonly repeats?: ReadonlyMap<string, Repeats>;
  /** Where `scorer` asks a judge about texts. */
  readonly judging?: JudgedRun;
}

export interface Assessment {
  readonly confidence: ConfidenceModel;
  readonly evidence: Evidence;
  /** Of the answers that could be given that are held back, of the exam where it was opened: what a change shows in. */
  readonly outcomes: readonly TimedOutcome[];
}

/**
 * The evidence on a candidate. The exam is opened only if the gate passed (its rates are empty otherwise), and can
 * only take back what the gate gave: where the errors among the served are significantly above epsilon, it refuses.
 */
export async function assess(options: AssessOptions): Promise<Assessment> {
  const { dataset, epsilon, delta, tries } = options;
  const { splits } = dataset;
  const validation = options.validation ?? (await gradePredictions(splits.validation, options));
  const confidence = fitConfidence(gradedSignals(validation));
  const graded = await gradePredictions(splits.calibration, options);
  const { judging } = options;
  const calibration = scoreAnswers(confidence, graded);
  const earlier = scoreAnswers(confidence, validation);
  const undecided = graded.filter(({ grade }) => grade.correct === null).length;
  const planned: GateRun = {
    epsilon,
    delta,
    answered: answeredOf(earlier),
    earlierSessions: earlierSessions(dataset),
    ...(tries ? { tryNumber: tries.number } : {}),
    ...(judging ? { judged: judging.counts } : {}),
  };
  // Where nothing can be deployed, whatever the calls say, nothing is spent.
  const isPossible = splits.exam.length > 0 && canPass(calibration, planned);
  const notYet = isPossible && tries ? whyNotYet(earlier, calibration.length, planned) : null;
  const isTry = isPossible && notYet === null;
  // What the judge could not be asked to the end about is no try: it says all that it is needed for before one is counted.
  const isForeseen = isTry && judging && testThresholds(earlier, calibration, planned).chosen !== null;
  const examined = isForeseen ? await gradePredictions(splits.exam, options) : null;
  const run = tries && isTry ? { ...planned, tryNumber: Math.max(tries.number, await tries.use()) } : planned;
  const tested = explain(
    notYet ?? runGate(earlier, calibration, run),
    undecided,
    graded,
    judging !== undefined,
  );
  const gate = splits.exam.length === 0 ? withoutExam(tested) : tested;
  const served = servedAt(calibration, gate.threshold ?? Number.POSITIVE_INFINITY, capOf(gate));
  const judge = judging && judgeEvidence(judging, run, graded, served);
  const slips = slipsOf(options.repeats, graded, confidence, gate);
  const exam = gate.passed
    ? await openExam(confidence, gate, examined, options)
    : {
        rates: closedExam(),
        gate,
        outcomes: [],
        graded: [],
        truth: await truthOf(splits.calibration, graded, null, options),
      };
  return {
    confidence,
    outcomes: [
      ...outcomesOf(splits.validation, validation, earlier),
      ...outcomesOf(splits.calibration, graded, calibration),
      ...exam.outcomes,
    ],
    evidence: {
      datasetId: dataset.id,
      calibration: {
        accuracy: shareOf(calibration, ({ correct }) => correct),
        curve: riskCurve(calibration, { cap: capOf(gate) }),
        confidence: qualityOf(calibration.filter(({ confidence: given }) => given !== NOT_SERVABLE)),
        ...mistakesOf(dataset.kind, splits.calibration, graded, calibration),
        byKind: evidenceByKind(dataset.kind, splits.calibration, graded, calibration, served),
      },
      exam: exam.rates,
      gate: exam.gate,
      selfAgreement: options.selfAgreement ?? null,
      unfamiliar: unfamiliarShare(confidence, [...graded, ...exam.graded]),
      ...(slips ? { slips } : {}),
      ...(exam.truth ? { truth: exam.truth } : {}),
      ...(judge ? { judge } : {}),
      latencyMs: await latencyOf(splits.validation, options),
    },
  };
}

function outcomesOf(
  examples: readonly Example[],
  graded: readonly GradedPrediction[],
  scored: readonly ScoredAnswer[],
): TimedOutcome[] {
  const byId = new Map(graded.map(({ exampleId }, i) => [exampleId, scored[i]!]));
  return examples.flatMap(({ id, at, sessionId }) => {
    const answer = byId.get(id);
    return answer === undefined || answer.confidence === NOT_SERVABLE
      ? []
      : [{ at, session: sessionId, wrong: !answer.correct }];
  });
}

/**
 * Calls per session in the splits before calibration: what to expect of later ones. An example of train may stand for
 * many calls of its session, as in a loop: were it counted as one, long sessions would look short.
 */
export function earlierSessions({ splits: { train, validation }, trainSessions }: Dataset): number[] {
  const sizesOf = (examples: readonly Example[]): number[] =>
    sessionSizes(examples.map(({ sessionId }) => ({ session: sessionId })));
  return [...(trainSessions ?? sizesOf(train)), ...sizesOf(validation)];
}

/** The LLM's slips among the calibration calls that would be served; undefined where it was not asked again. */
function slipsOf(
  repeats: ReadonlyMap<string, Repeats> | undefined,
  graded: readonly GradedPrediction[],
  confidence: ConfidenceModel,
  gate: GateResult,
): Evidence['slips'] {
  if (repeats === undefined || gate.threshold === null) return undefined;
  const answers = scoreAnswers(confidence, graded);
  const isServed = servedAt(answers, gate.threshold, capOf(gate));
  const served = answers.flatMap(({ correct }, i) => {
    const told = repeats.get(graded[i]!.exampleId);
    return told === undefined || !isServed[i] ? [] : [correct ? told : null];
  });
  return slipRate(served, gate.delta);
}

/** Most calls of a session that are served. */
const capOf = ({ sessions }: GateResult): number => sessions?.cap ?? Number.POSITIVE_INFINITY;

async function openExam(
  confidence: ConfidenceModel,
  gate: GateResult,
  examined: readonly GradedPrediction[] | null,
  options: AssessOptions,
): Promise<
  ExamResult & {
    readonly truth: TruthComparison | undefined;
    readonly outcomes: readonly TimedOutcome[];
    readonly graded: readonly GradedPrediction[];
  }
> {
  const uses = await options.useExam();
  const { exam } = options.dataset.splits;
  const graded = examined ?? (await gradePredictions(exam, options));
  const answers = scoreAnswers(confidence, graded).map((answer, i) => ({
    ...answer,
    fieldScore: graded[i]!.grade.fieldScore,
  }));
  const served = servedAt(answers, gate.threshold ?? Number.POSITIVE_INFINITY, capOf(gate));
  const result = examine(answers, gate, uses);
  const byKind = evidenceByKind(options.dataset.kind, exam, graded, answers, served, 1 - 0.05 / uses);
  return {
    ...result,
    rates: { ...result.rates, byKind },
    truth: await truthOf(exam, graded, served, options),
    outcomes: outcomesOf(exam, graded, answers),
    graded,
  };
}

/**
 * The calibration split has chosen the threshold, so what is served at it is measured on the exam; of a refused candidate,
 * which has no threshold, all answers count.
 */
function truthOf(
  examples: readonly Example[],
  graded: readonly GradedPrediction[],
  served: readonly boolean[] | null,
  { scorer, epsilon, delta, truth }: AssessOptions,
): Promise<TruthComparison | undefined> {
  const answers = examples.map((example, i) => ({
    example,
    answer: graded[i]!.prediction.answer,
    served: served?.[i] ?? true,
  }));
  const scope = served === null ? 'all' : 'served';
  return compareWithTruth(answers, { scorer, epsilon, delta, scope, complete: truth === 'complete' });
}

/** Nothing is deployed that was not compared with the LLM on later calls. */
function withoutExam(gate: GateResult): GateResult {
  if (!gate.passed) return gate;
  const reason =
    'No calls are left for the exam: they come from too few sessions, or repeat what was learnt from.';
  return { ...gate, passed: false, threshold: null, reason, moreCalls: null };
}

/** Where the wrong answers are, and where only a judge could say that they are. */
function explain(
  gate: GateResult,
  undecided: number,
  graded: readonly GradedPrediction[],
  isJudged: boolean,
): GateResult {
  if (gate.passed) return gate;
  const fields = wrongFieldText(graded.map(({ grade }) => grade));
  const share = Math.round((undecided / Math.max(1, gate.n)) * 100);
  const texts =
    share < 1
      ? ''
      : isJudged
        ? ` On ${share} % of its answers the judge gave no verdict that could be read; they count as wrong.`
        : ` ${share} % of its answers are texts that differ from the LLM's; without a judge model they count as wrong.`;
  return { ...gate, reason: gate.reason + fields + texts };
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

async function latencyOf(
  examples: readonly Example[],
  options: PredictionOptions,
): Promise<Evidence['latencyMs']> {
  const times = await timePredictions(examples.slice(0, 21), options);
  // The first one loads and warms up.
  const sorted = times.slice(1).sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return { p50: at(0.5), p95: at(0.95) };
}
