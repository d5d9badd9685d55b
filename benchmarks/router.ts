/**
 * Choosing for each call between a cheap model and the LLM, from recorded outcomes: `npm run bench -- router`. On
 * RouteLLM's questions of MMLU, GSM8K and MT-Bench, by its metrics, cross-validated; beside random choice, the length of
 * the text, kNN, what RouteLLM published, and the best possible. What the figures mean and do not: docs/router.md.
 */
import { availableParallelism } from 'node:os';
import { fitOutcomes, type OutcomeRecord } from '../src/evaluate/outcome.ts';
import { chooseModel, thresholdForShare, valueOfLlm } from '../src/route/model-choice.ts';
import { predictOutcomes } from '../src/stats/outcome.ts';
import { type Question, readQuestions } from './router/data.ts';
import {
  bootstrap,
  type Interval,
  meanMetrics,
  metricsOf,
  type RoutingMetrics,
  rank,
} from './router/metrics.ts';
import {
  BUDGET,
  type CrossValidated,
  crossValidate,
  foldsOf,
  nearestNeighbours,
  type Recorded,
  recordsOf,
  subjectMeans,
  transfer,
} from './router/routers.ts';
import { findSimilar } from './router/similar.ts';
import { vectorsOf } from './router/vectors.ts';
import type { BenchmarkResult } from './run.ts';

/** Each seed draws its own folds. */
const SEEDS = [1, 2, 3] as const;
const [FOLDS, DRAWS] = [5, 1000];
/** As many in-domain outcomes as RouteLLM's best MMLU router was given ("approximately 1500", section 4.1.1). */
const FEW = 1500;
/** Tables 1 to 3 of arXiv 2406.18665v4: the best APGR of each, which all have the best CPT(50 %) as well. */
const PUBLISHED = {
  mmlu: { apgr: 0.603, cpt50: 0.354, cpt80: 0.7155 },
  gsm8k: { apgr: 0.622, cpt50: 0.3364, cpt80: 0.6326 },
  mtBench: { apgr: 0.802, cpt50: 0.134, cpt80: 0.3131 },
} as const;

type Set = keyof typeof PUBLISHED;

interface Row extends RoutingMetrics {
  readonly set: Set;
  readonly router: string;
  readonly n: number;
  /** 95 % intervals by bootstrap over groups of questions; absent for what is computed or published. */
  readonly intervals?: Readonly<Record<keyof RoutingMetrics, Interval>>;
  /** APGR by seed. */
  readonly apgrBySeed?: readonly number[];
}

export async function run(): Promise<BenchmarkResult> {
  const read = readQuestions();
  const all = [...read.mmlu, ...read.gsm8k, ...read.mtBench];
  const vectors = await vectorsOf(all.map(({ text }) => text));
  const recorded = (from: number, questions: readonly Question[]): Recorded => {
    const part = vectors.slice(from, from + questions.length);
    return {
      questions,
      vectors: part,
      similar: findSimilar(
        questions.map(({ text }) => text),
        part,
      ),
    };
  };
  const mmlu = recorded(0, read.mmlu);
  const gsm8k = recorded(read.mmlu.length, read.gsm8k);
  const mtBench = recorded(read.mmlu.length + read.gsm8k.length, read.mtBench);
  console.error('neighbours found');
  const [records, sums, chats] = [recordsOf(mmlu), recordsOf(gsm8k), recordsOf(mtBench)];

  const ours = SEEDS.map((seed) => cross(records, mmlu, seed));
  const subjects = mmlu.questions.map(({ subject }) => subject);
  const rows: Row[] = [
    ...references('mmlu', mmlu),
    row(
      'mmlu',
      'kNN',
      mmlu,
      SEEDS.map((seed) => nearestNeighbours(mmlu, folds(mmlu, seed))),
    ),
    row(
      'mmlu',
      'router',
      mmlu,
      ours.map(({ values }) => values),
    ),
    row('mmlu', 'router, without the encoder', mmlu, [
      cross(records, mmlu, 1, { use: { vector: false } }).values,
    ]),
    row('mmlu', 'router, the vector alone', mmlu, [
      cross(records, mmlu, 1, { use: { words: false, shape: false } }).values,
    ]),
    row(
      'mmlu',
      `router, from ${FEW} outcomes`,
      mmlu,
      SEEDS.map((seed) => cross(records, mmlu, seed, {}, FEW).values),
    ),
    row(
      'mmlu',
      'router, on subjects never seen',
      mmlu,
      SEEDS.map((seed) => crossValidate(records, foldsOf(subjects, FOLDS, seed)).values),
    ),
    row(
      'mmlu',
      'mean of the true subject (not in the prompts)',
      mmlu,
      SEEDS.map((seed) => subjectMeans(mmlu.questions, folds(mmlu, seed))),
    ),
    ...references('gsm8k', gsm8k),
    row(
      'gsm8k',
      'kNN',
      gsm8k,
      SEEDS.map((seed) => nearestNeighbours(gsm8k, folds(gsm8k, seed))),
    ),
    row(
      'gsm8k',
      'router',
      gsm8k,
      SEEDS.map((seed) => cross(sums, gsm8k, seed).values),
    ),
    row('gsm8k', 'router, from the outcomes of MMLU', gsm8k, [transfer(records, sums)]),
    ...references('mtBench', mtBench),
    row(
      'mtBench',
      'kNN',
      mtBench,
      SEEDS.map((seed) => nearestNeighbours(mtBench, folds(mtBench, seed))),
    ),
    row(
      'mtBench',
      'router',
      mtBench,
      SEEDS.map((seed) => cross(chats, mtBench, seed).values),
    ),
    row('mtBench', 'router, from MMLU and GSM8K', mtBench, [transfer([...records, ...sums], chats)]),
  ];
  const main = (set: Set): Row => rows.find((each) => each.set === set && each.router === 'router')!;
  const timing = timeDecisions(records);
  return {
    table: [
      ...rows.map(tableRow),
      {
        set: 'mmlu',
        router: `a decision: p50 ${timing.p50Ms} ms, p99 ${timing.p99Ms} ms`,
        n: timing.decisions,
      },
    ],
    json: {
      mmluApgr: round(main('mmlu').apgr),
      mmluCpt50: round(main('mmlu').cpt50),
      decisionP99Ms: timing.p99Ms,
      gsm8kApgr: round(main('gsm8k').apgr),
      gsm8kCpt50: round(main('gsm8k').cpt50),
      mtBenchApgr: round(main('mtBench').apgr),
      mtBenchCpt50: round(main('mtBench').cpt50),
      published: PUBLISHED,
      timing,
      cores: availableParallelism(),
      setup: {
        folds: FOLDS,
        seeds: SEEDS,
        bootstrapDraws: DRAWS,
        difference:
          'RouteLLM trained on preferences from Chatbot Arena and about 1,500 questions of the same kind, and tested elsewhere; this router is cross-validated on outcomes of the same benchmark.',
      },
      budget: { asked: BUDGET, sent: ours.map(({ sent }) => round(sent)) },
      cheapCalibrationError: ours.map((each) => round(calibrationError(each, mmlu.questions))),
      rows,
    },
  };
}

const folds = ({ similar }: Recorded, seed: number): Uint8Array => foldsOf(similar.groups, FOLDS, seed);

function cross(
  records: readonly OutcomeRecord[],
  of: Recorded,
  seed: number,
  options: Parameters<typeof crossValidate>[2] = {},
  most?: number,
): CrossValidated {
  const done = crossValidate(records, folds(of, seed), { seed: seed + 100, ...options }, most);
  console.error(`${records.length} questions cross-validated, seed ${seed}`);
  return done;
}

function row(set: Set, router: string, of: Recorded, values: readonly ArrayLike<number>[]): Row {
  const orders = values.map((each, i) => rank(each, i + 1));
  const runs = orders.map((order) => metricsOf(of.questions, order));
  return {
    set,
    router,
    n: of.questions.length,
    ...meanMetrics(runs),
    apgrBySeed: runs.map(({ apgr }) => round(apgr)),
    intervals: bootstrap(of.questions, orders, of.similar.groups, DRAWS, 1),
  };
}

/** What needs no learning: random choice as computed, the length of the text, RouteLLM's figures, the best possible. */
function references(set: Set, of: Recorded): Row[] {
  const n = of.questions.length;
  return [
    { set, router: 'random', n, apgr: 0.5, cpt50: 0.5, cpt80: 0.8 },
    { set, router: 'RouteLLM, as published', n, ...PUBLISHED[set] },
    row(set, 'longer texts first', of, [of.questions.map(({ text }) => text.length)]),
    row(set, 'the best possible, knowing the outcomes', of, [
      of.questions.map(({ cheap, llm }) => llm - cheap),
    ]),
  ];
}

/** Mean distance between the stated and the true share of correct answers of the cheap model, over tenths of calls. */
function calibrationError({ probabilities }: CrossValidated, questions: readonly Question[]): number {
  const order = probabilities
    .map((_, i) => i)
    .sort((a, b) => probabilities[a]!.cheap - probabilities[b]!.cheap);
  let sum = 0;
  for (let bin = 0; bin < 10; bin++) {
    const part = order.slice((bin * order.length) / 10, ((bin + 1) * order.length) / 10);
    sum += Math.abs(part.reduce((gap, i) => gap + probabilities[i]!.cheap - questions[i]!.cheap, 0));
  }
  return sum / order.length;
}

/** A whole decision for every question, the vector given: features of the text, both probabilities, the choice. */
function timeDecisions(records: readonly OutcomeRecord[]): {
  decisions: number;
  p50Ms: number;
  p99Ms: number;
} {
  const { model, held } = fitOutcomes(records.slice(0, FEW));
  const threshold = thresholdForShare(held.map(valueOfLlm), BUDGET);
  const times: number[] = [];
  for (let round = 0; round < 4; round++)
    for (const { text, vector } of records) {
      const start = performance.now();
      chooseModel(predictOutcomes(model, text, vector), threshold);
      // The first round is for the compiler.
      if (round > 0) times.push(performance.now() - start);
    }
  times.sort((a, b) => a - b);
  const at = (share: number): number => Number(times[Math.floor(share * (times.length - 1))]!.toFixed(4));
  return { decisions: times.length, p50Ms: at(0.5), p99Ms: at(0.99) };
}

function tableRow({ set, router, n, apgr, cpt50, cpt80, intervals }: Row): Record<string, string | number> {
  const percent = (share: number): string => (share * 100).toFixed(1);
  const between = ({ low, high }: Interval, write: (value: number) => string): string =>
    ` (${write(low)}–${write(high)})`;
  const three = (value: number): string => value.toFixed(3);
  return {
    set,
    router,
    n,
    APGR: three(apgr) + (intervals ? between(intervals.apgr, three) : ''),
    'CPT(50 %) %': percent(cpt50) + (intervals ? between(intervals.cpt50, percent) : ''),
    'CPT(80 %) %': percent(cpt80) + (intervals ? between(intervals.cpt80, percent) : ''),
  };
}

const round = (value: number): number => Number(value.toFixed(4));
