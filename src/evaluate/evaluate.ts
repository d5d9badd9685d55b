/**
 * From a trained artefact to its evidence: predicts the held-back calls, grades them, fits the confidence on the
 * validation split, lets the gate choose on the calibration split, and opens the exam last.
 * Does not: train, or decide on a deployment.
 */
import type { Dataset, Example } from '../core/dataset.ts';
import type { ConfidenceModel, Evidence, GateResult, Rate, TruthComparison } from '../core/specialist.ts';
import { qualityOf } from '../stats/calibration.ts';
import { evidenceByKind } from './by-kind.ts';
import type { TimedOutcome } from './change-point.ts';
import { fitConfidence } from './confidence.ts';
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
import { type GradedPrediction, gradePredictions, latencyOf, type PredictionOptions } from './predictions.ts';
import { gradedSignals, outcomesOf, scoreAnswers, unfamiliarShare } from './scored-answers.ts';
import { type Repeats, slipRate } from './slips.ts';
import { compareWithTruth } from './truth.ts';
import { wrongFieldText } from './wrong-fields.ts';

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
  const { dataset, judging } = options;
  const { splits, kind } = dataset;
  const validation = options.validation ?? (await gradePredictions(splits.validation, options));
  const confidence = fitConfidence(gradedSignals(validation));
  const graded = await gradePredictions(splits.calibration, options);
  const earlier = scoreAnswers(confidence, validation);
  const calibration = scoreAnswers(confidence, graded);
  const { gate, run, examined } = await tryGate({ earlier, calibration, graded }, options);
  const cap = capOf(gate);
  const served = servedAt(calibration, gate.threshold ?? Number.POSITIVE_INFINITY, cap);
  const judge = judging && judgeEvidence(judging, run, graded, served);
  const slips = slipsOf(options.repeats, graded, confidence, gate);
  const exam = gate.passed
    ? await openExam(confidence, gate, examined, options)
    : await leaveClosed(gate, graded, options);
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
        curve: riskCurve(calibration, { cap }),
        confidence: qualityOf(calibration.filter(({ confidence: given }) => given !== NOT_SERVABLE)),
        ...mistakesOf(kind, splits.calibration, graded, calibration),
        byKind: evidenceByKind(kind, splits.calibration, graded, calibration, served),
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

/** The answers that the gate decides on, by the confidence with which they would be served. */
interface GateAnswers {
  /** Of the validation split: they settle the order of the thresholds. */
  readonly earlier: readonly ScoredAnswer[];
  readonly calibration: readonly ScoredAnswer[];
  /** Those of the calibration split as they were graded. */
  readonly graded: readonly GradedPrediction[];
}

/**
 * The gate's word. A try is counted only where it may pass; and where a judge is asked, only after it has said all that the
 * try needs, the exam included (`examined`).
 */
async function tryGate(
  { earlier, calibration, graded }: GateAnswers,
  options: AssessOptions,
): Promise<{
  readonly gate: GateResult;
  readonly run: GateRun;
  readonly examined: readonly GradedPrediction[] | null;
}> {
  const { dataset, epsilon, delta, tries, judging } = options;
  const { exam } = dataset.splits;
  const planned: GateRun = {
    epsilon,
    delta,
    answered: answeredOf(earlier),
    earlierSessions: earlierSessions(dataset),
    ...(tries ? { tryNumber: tries.number } : {}),
    ...(judging ? { judged: judging.counts } : {}),
  };
  // Where nothing can be deployed, whatever the calls say, nothing is spent.
  const isPossible = exam.length > 0 && canPass(calibration, planned);
  const notYet = isPossible && tries ? whyNotYet(earlier, calibration.length, planned) : null;
  const isTry = isPossible && notYet === null;
  // What the judge could not be asked to the end about is no try: it says all that it is needed for before one is counted.
  const isForeseen = isTry && judging && testThresholds(earlier, calibration, planned).chosen !== null;
  const examined = isForeseen ? await gradePredictions(exam, options) : null;
  const run = tries && isTry ? { ...planned, tryNumber: Math.max(tries.number, await tries.use()) } : planned;
  const word = explain(notYet ?? runGate(earlier, calibration, run), graded, judging !== undefined);
  return { gate: exam.length === 0 ? withoutExam(word) : word, run, examined };
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

/** The exam's rates, the gate's result after it, and the answers that it was given. */
interface OpenedExam extends ExamResult {
  readonly truth: TruthComparison | undefined;
  readonly outcomes: readonly TimedOutcome[];
  readonly graded: readonly GradedPrediction[];
}

async function openExam(
  confidence: ConfidenceModel,
  gate: GateResult,
  examined: readonly GradedPrediction[] | null,
  options: AssessOptions,
): Promise<OpenedExam> {
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

/** The exam of a candidate that the gate refused: nobody has looked at it, and the next one may. */
async function leaveClosed(
  gate: GateResult,
  graded: readonly GradedPrediction[],
  options: AssessOptions,
): Promise<OpenedExam> {
  const truth = await truthOf(options.dataset.splits.calibration, graded, null, options);
  return { rates: closedExam(), gate, outcomes: [], graded: [], truth };
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
function explain(gate: GateResult, graded: readonly GradedPrediction[], isJudged: boolean): GateResult {
  if (gate.passed) return gate;
  const undecided = graded.filter(({ grade }) => grade.correct === null).length;
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
