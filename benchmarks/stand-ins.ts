/**
 * Which recorded model could have stood in for gpt-4o on function calling, on which share of the calls, at which bound, by the
 * product's own gate: `npm run bench -- stand-ins [--json]`. 1,150 questions, shuffled; 30 % to fit a confidence, 45 % for the
 * gate, 25 % held back to the end. Each model three ways:
 *
 * whole: it answers every call. outcome: it answers those on which the question tells that it will be right (evaluate/outcome,
 * as the router has it). panel: the cheaper models answer, too, and how many agree with it counts as well.
 *
 * Right is what gpt-4o answered, by the product's exact equality (by: llm), or what the leaderboard finds right (by: truth, as
 * where the truth of every call is known). noWorse: on all questions, by the leaderboard, its error share is at most epsilon
 * above gpt-4o's, with confidence 1 − delta. Every row is tested at the whole of delta; `chosen` is the one of a cheaper model
 * that the validation split would choose, which is what a learning run tests.
 */
import type { Rate, Signals } from '../src/core/specialist.ts';
import { fitConfidence } from '../src/evaluate/confidence.ts';
import { estimate } from '../src/evaluate/estimate.ts';
import { runGate } from '../src/evaluate/gate.ts';
import type { ScoredAnswer } from '../src/evaluate/gate-order.ts';
import { fitOutcomes } from '../src/evaluate/outcome.ts';
import type { GradedPrediction } from '../src/evaluate/predictions.ts';
import { cost, priceOf } from '../src/savings/prices.ts';
import { confidenceOf } from '../src/stats/confidence.ts';
import { predictOutcomes } from '../src/stats/outcome.ts';
import { pairedDifference } from '../src/stats/paired.ts';
import { rateOf } from '../src/stats/statistics.ts';
import { vectorsOf } from './router/vectors.ts';
import type { BenchmarkResult } from './run.ts';
import { isSame, REFERENCE, type Recorded, readStandIns, type StandIn } from './stand-ins/data.ts';

const [VALIDATION, CALIBRATION, DELTA] = [0.3, 0.45, 0.05];
const EPSILONS = [0.02, 0.05] as const;

type Way = 'whole' | 'outcome' | 'panel';
/** What an answer is compared with. */
type By = 'llm' | 'truth';

interface Row {
  readonly model: string;
  readonly by: By;
  readonly way: Way;
  readonly epsilon: number;
  /** What the validation split expects it to serve, with the chance that it passes. */
  readonly expected: number;
  readonly passed: boolean;
  readonly reason: string;
  /** Of the calls that were held back to the end: share served, and errors among them. */
  readonly served: Rate;
  readonly errors: Rate;
  /** Of those served, how many the leaderboard finds right: the stand-in's answers and gpt-4o's. */
  readonly right: Rate;
  readonly rightOfLlm: Rate;
}

export async function run(): Promise<BenchmarkResult> {
  const recorded = readStandIns();
  const vectors = await vectorsOf(recorded.questions.map(({ text }) => text));
  const rows = recorded.standIns.flatMap((standIn) =>
    BYS.flatMap((by) => rowsOf(standIn, by, recorded, vectors)),
  );
  const chosen = BYS.flatMap((by) =>
    EPSILONS.map((epsilon) => {
      const [best] = rows
        .filter((row) => row.by === by && row.epsilon === epsilon && isCheaper(row.model))
        .sort((a, b) => b.expected - a.expected);
      return best!;
    }),
  );
  return {
    table: recorded.standIns.flatMap((standIn) =>
      BYS.map((by) => ({
        model: standIn.model,
        price: costText(standIn.model, recorded),
        'right, by': `${percent(share(correctBy(standIn, by)))} ${by}`,
        'no worse than gpt-4o': by === 'truth' ? noWorseText(standIn, recorded) : '',
        ...Object.fromEntries(
          rows
            .filter((row) => row.model === standIn.model && row.by === by)
            .map((row) => [`${row.way}, ${percent(row.epsilon)}`, servedText(row)]),
        ),
      })),
    ),
    json: {
      reference: REFERENCE,
      questions: recorded.questions.length,
      delta: DELTA,
      chosen: chosen.map(({ model, by, way, epsilon, passed, served, errors }) => ({
        model,
        by,
        way,
        epsilon,
        passed,
        served: passed ? served.share : 0,
        errors: errors.share,
      })),
      models: [recorded.reference, ...recorded.standIns].map((standIn) => ({
        model: standIn.model,
        seconds: standIn.seconds,
        tokens: standIn.tokens,
        same: rateOf(standIn.same.filter(Boolean).length, standIn.same.length),
        right: rateOf(standIn.right.filter(Boolean).length, standIn.right.length),
        costShare: costShareOf(standIn.model, recorded),
        noWorse: EPSILONS.map((epsilon) => ({ epsilon, ...noWorse(standIn, recorded, epsilon) })),
      })),
      rows,
    },
  };
}

const BYS = ['llm', 'truth'] as const;

const correctBy = ({ same, right }: StandIn, by: By): readonly boolean[] => (by === 'llm' ? same : right);

/** By the leaderboard, on all questions: nothing was fitted to them. */
function noWorse({ right }: StandIn, { reference }: Recorded, epsilon: number) {
  const count = (is: (own: boolean, llm: boolean) => boolean): number =>
    right.filter((own, i) => is(own, reference.right[i]!)).length;
  const onlyOwn = count((own, llm) => !own && llm);
  const onlyLlm = count((own, llm) => own && !llm);
  const { difference, high } = pairedDifference(onlyOwn, onlyLlm, right.length, 1 - DELTA);
  return { onlyOwn, onlyLlm, difference, high, noWorse: high <= epsilon };
}

function noWorseText(standIn: StandIn, recorded: Recorded): string {
  const { difference, high, noWorse: holds } = noWorse(standIn, recorded, Math.max(...EPSILONS));
  const points = (value: number): string => `${value > 0 ? '+' : ''}${(value * 100).toFixed(1)}`;
  return `${holds ? 'yes' : 'no'}: ${points(difference)} points of error, at most ${points(high)}`;
}

/** Places of the questions of the three splits. */
function splitsOf(n: number) {
  const [first, second] = [Math.round(n * VALIDATION), Math.round(n * (VALIDATION + CALIBRATION))];
  const all = Array.from({ length: n }, (_, i) => i);
  return {
    validation: all.slice(0, first),
    calibration: all.slice(first, second),
    exam: all.slice(second),
  };
}

function rowsOf(standIn: StandIn, by: By, recorded: Recorded, vectors: readonly Float32Array[]): Row[] {
  const { questions, standIns } = recorded;
  const splits = splitsOf(questions.length);
  const correct = correctBy(standIn, by);
  const toRecord = (i: number) => ({
    text: questions[i]!.text,
    vector: vectors[i]!,
    cheap: correct[i] ? 1 : 0,
    llm: null,
    group: questions[i]!.id,
  });
  const { model, held } = fitOutcomes(splits.validation.map(toRecord));
  const places = new Map(splits.validation.map((place, i) => [place, i]));
  // Those that the outcome model was fitted on have a prediction by one that was fitted without them.
  const outcome = questions.map(({ text }, i) => {
    const at = places.get(i);
    return at === undefined ? predictOutcomes(model, text, vectors[i]!).cheap : held[at]!.cheap;
  });
  const panel = standIns.filter((other) => other !== standIn && isCheaper(other.model));
  const agreement = questions.map((question, i) => {
    const said = standIn.answers[i]!;
    const agreeing = panel.filter(({ answers }) => answers[i] !== '' && isSame(said, answers[i]!, question));
    return (agreeing.length + 0.5) / (panel.length + 1);
  });
  const signalsOf: Readonly<Record<Way, (question: number) => Signals>> = {
    whole: () => ({}),
    outcome: (i) => ({ outcome: outcome[i]! }),
    panel: (i) => ({ outcome: outcome[i]!, agreement: agreement[i]! }),
  };
  return EPSILONS.flatMap((epsilon) =>
    (['whole', 'outcome', 'panel'] as const).map((way) =>
      rowOf({ standIn, recorded, splits, by, way, epsilon, signalsAt: signalsOf[way] }),
    ),
  );
}

function rowOf(options: {
  readonly standIn: StandIn;
  readonly recorded: Recorded;
  readonly splits: ReturnType<typeof splitsOf>;
  readonly by: By;
  readonly way: Way;
  readonly epsilon: number;
  readonly signalsAt: (question: number) => Signals;
}): Row {
  const { standIn, recorded, splits, by, way, epsilon, signalsAt } = options;
  const correct = correctBy(standIn, by);
  const gradedAt = (i: number): GradedPrediction => ({
    exampleId: String(i),
    session: String(i),
    seen: false,
    servable: standIn.answers[i] !== '',
    prediction: { answer: standIn.answers[i]!, signals: signalsAt(i), ms: 0 },
    grade: { correct: correct[i]!, fieldScore: null },
  });
  const validation = splits.validation.map(gradedAt);
  const confidence = fitConfidence(
    validation.map(({ prediction, grade }) => ({
      signals: prediction.signals,
      correct: grade.correct === true,
    })),
  );
  const scoredAt = (i: number): ScoredAnswer => ({
    confidence: standIn.answers[i] === '' ? -1 : confidenceOf(confidence, signalsAt(i)),
    correct: correct[i]!,
    session: String(i),
  });
  const gateOptions = { epsilon, delta: DELTA };
  const gate = runGate(splits.validation.map(scoredAt), splits.calibration.map(scoredAt), gateOptions);
  const { coverage } = estimate(validation, {
    ...gateOptions,
    calibrationSize: splits.calibration.length,
    tryNumber: 1,
    earlierSessions: splits.validation.map(() => 1),
  });
  const served = splits.exam.filter(
    (i) => scoredAt(i).confidence >= (gate.threshold ?? Number.POSITIVE_INFINITY),
  );
  const count = (of: readonly boolean[]): number => served.filter((i) => of[i]).length;
  return {
    model: standIn.model,
    by,
    way,
    epsilon,
    expected: coverage,
    passed: gate.passed,
    reason: gate.reason,
    served: rateOf(served.length, splits.exam.length),
    errors: rateOf(served.length - count(correct), served.length),
    right: rateOf(count(standIn.right), served.length),
    rightOfLlm: rateOf(count(recorded.reference.right), served.length),
  };
}

/** What an answer costs as a share of gpt-4o's, by list prices and recorded tokens; null where one is not known. */
function costShareOf(model: string, { reference, standIns }: Recorded): number | null {
  const dollars = ({ model: name, tokens }: StandIn): number | null => {
    const price = priceOf(name.replace(/-FC$/, ''));
    return price === null || tokens === null ? null : cost({ ...tokens, cachedTokens: 0 }, price);
  };
  const found = [reference, ...standIns].find((each) => each.model === model)!;
  const [own, llm] = [dollars(found), dollars(reference)];
  return own === null || llm === null ? null : own / llm;
}

/** Those that run on one GPU or cost less than gpt-4o. */
const EXPENSIVE = ['gpt-4-1106-preview', 'claude-3-5-sonnet-20240620'];
const isCheaper = (model: string): boolean => !EXPENSIVE.includes(model);

const costText = (model: string, recorded: Recorded): string => {
  const known = costShareOf(model, recorded);
  if (known !== null) return percent(known);
  return EXPENSIVE.includes(model) ? 'more' : 'its own server';
};
const share = (of: readonly boolean[]): number => of.filter(Boolean).length / of.length;
const percent = (value: number): string => `${(value * 100).toFixed(value < 0.1 && value > 0 ? 1 : 0)} %`;
const servedText = ({ passed, served, errors }: Row): string =>
  passed ? `${percent(served.share)} (${errors.hits} of ${errors.n} wrong)` : 'no';
