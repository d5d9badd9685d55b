/**
 * Learns from recorded outcomes how probable it is that a cheap model, and that the LLM, answers a call correctly,
 * before either is asked. The strength of the ridge is chosen by cross-fitting within the records that are given, which
 * also yields an honest prediction for each of them: what a threshold is set by.
 * Does not: apply the model (stats/outcome), or choose a model for a call (route/model-choice).
 */
import { contentHash } from '../core/ids.ts';
import {
  type CallFeatures,
  callFeatures,
  type OutcomeHead,
  type OutcomeModel,
  type OutcomeProbabilities,
  SHAPE,
  WORD_BUCKETS,
  wordValues,
} from '../stats/outcome.ts';
import { type Design, fitLogistic, logisticAt } from './logistic.ts';

/** What became of one call. */
export interface OutcomeRecord {
  readonly text: string;
  /** The encoder's unit vector of the text; null for all where there is no encoder. */
  readonly vector: Float32Array | null;
  /** Whether the cheap model's answer was correct: 1 or 0, or a grade between. */
  readonly cheap: number;
  /** The same of the LLM's answer; null for all where it is the reference. */
  readonly llm: number | null;
  /** Records of one group (a session, equal or nearly equal texts) are kept together in cross-fitting. */
  readonly group: string;
  /** How many calls it stands for. Default: 1. */
  readonly weight?: number;
}

export interface OutcomeOptions {
  /** Strengths to choose from, for each of the two models by itself. Default: 1, 3, 10, 30. */
  readonly ridges?: readonly number[];
  /** Default: 3. */
  readonly folds?: number;
  /** Settles the folds. Default: 1. */
  readonly seed?: number;
  /** Which features are used. Default: all. */
  readonly use?: { readonly words?: boolean; readonly shape?: boolean; readonly vector?: boolean };
}

export interface FittedOutcomes {
  readonly model: OutcomeModel;
  /** For each record the probabilities by a model that was fitted without its group. */
  readonly held: readonly OutcomeProbabilities[];
}

const RIDGES = [1, 3, 10, 30] as const;
/** Records held back by which a ridge is chosen; more would hardly change the choice. */
const ENOUGH_TO_CHOOSE = 3_000;
/** A number of the shape varies about as much as four dimensions of a unit vector of 384 (0.05 each). */
const SHAPE_SCALE = 0.1;

/** Which of the folds a group is in. */
export function foldOfGroup(group: string, folds: number, seed: number): number {
  return Number.parseInt(contentHash(`${seed}:${group}`, 8), 16) % folds;
}

/** Without records the model says one half for every call. */
export function fitOutcomes(records: readonly OutcomeRecord[], options: OutcomeOptions = {}): FittedOutcomes {
  const { folds = 3, seed = 1 } = options;
  const prepared = prepare(records, options.use ?? {});
  const fold = Uint8Array.from(records, ({ group }) => foldOfGroup(group, folds, seed));
  const weights = Float32Array.from(records, ({ weight = 1 }) => weight);
  const withLlm = records.length > 0 && records.every(({ llm }) => llm !== null);
  const fit = (targets: Float32Array): Head =>
    fitHead(prepared.design, targets, weights, fold, folds, options);
  const cheap = fit(Float32Array.from(records, (record) => record.cheap));
  const llm = withLlm ? fit(Float32Array.from(records, (record) => record.llm ?? 1)) : null;
  return {
    model: { ...prepared.scaling, cheap: cheap.head, llm: llm?.head ?? null },
    held: records.map((_, i) => ({ cheap: cheap.held[i]!, llm: llm ? llm.held[i]! : 1 })),
  };
}

interface Head {
  readonly head: OutcomeHead;
  readonly held: Float64Array;
}

/**
 * One of the two models: the ridge with the least log loss on records held back, then fitted on all of them. Where there
 * are many records, the first folds suffice to choose by.
 */
function fitHead(
  design: Design,
  targets: Float32Array,
  weights: Float32Array,
  fold: Uint8Array,
  folds: number,
  { ridges = RIDGES }: OutcomeOptions,
): Head {
  const rows = Uint32Array.from({ length: design.rows }, (_, i) => i);
  // From strong to weak, each fit from the one before: a path of small steps.
  const path = [...ridges].sort((a, b) => b - a);
  const tried = path.map((ridge) => ({ ridge, held: new Float64Array(design.rows), loss: 0 }));
  let asked = tried;
  let seen = 0;
  let last: Float64Array | undefined;
  for (let f = 0; f < folds; f++) {
    if (seen >= ENOUGH_TO_CHOOSE) asked = [leastLoss(asked)];
    const use = rows.filter((row) => fold[row] !== f);
    const out = rows.filter((row) => fold[row] === f);
    last = undefined;
    for (const each of asked) {
      last = fitLogistic({ design, use, targets, weights }, each.ridge, last);
      for (const row of out) {
        const p = logisticAt(design, last, row);
        each.held[row] = p;
        each.loss += weights[row]! * logLoss(p, targets[row]!);
      }
    }
    seen += out.length;
  }
  const best = leastLoss(asked);
  const x = fitLogistic({ design, use: rows, targets, weights }, best.ridge, last);
  const head = {
    weights: Float32Array.from(x.subarray(0, -1)),
    bias: x.at(-1) ?? 0,
    ridge: best.ridge,
  };
  return { head, held: best.held };
}

function leastLoss<T extends { readonly loss: number }>(tried: readonly T[]): T {
  return tried.reduce((a, b) => (b.loss < a.loss ? b : a));
}

function logLoss(p: number, target: number): number {
  const safe = Math.min(1 - 1e-9, Math.max(1e-9, p));
  return -(target * Math.log(safe) + (1 - target) * Math.log(1 - safe));
}

interface Prepared {
  readonly design: Design;
  readonly scaling: Pick<OutcomeModel, 'dimensions' | 'idf' | 'mean' | 'scale'>;
}

/** The records' features as rows, and the scaling that a new call needs to get the same ones. */
function prepare(records: readonly OutcomeRecord[], use: NonNullable<OutcomeOptions['use']>): Prepared {
  const { words = true, shape = true, vector = true } = use;
  const features = records.map(({ text }) => callFeatures(text));
  const everyHasOne = vector && records.every((record) => record.vector !== null);
  const scaling = {
    dimensions: everyHasOne ? (records[0]?.vector?.length ?? 0) : 0,
    idf: words ? inverseFrequency(features) : new Float32Array(WORD_BUCKETS),
    ...shapeScaling(features, shape ? SHAPE_SCALE : 0),
  };
  return { design: designOf(records, features, scaling), scaling };
}

/** Smooth: ln((1 + n) / (1 + texts with it)) + 1; 0 for a bucket that fewer than two texts have. */
function inverseFrequency(features: readonly CallFeatures[]): Float32Array {
  const frequency = new Uint32Array(WORD_BUCKETS);
  for (const { places } of features) for (const place of places) frequency[place]!++;
  return Float32Array.from(frequency, (count) =>
    count < 2 ? 0 : Math.log((1 + features.length) / (1 + count)) + 1,
  );
}

function shapeScaling(
  features: readonly CallFeatures[],
  size: number,
): { readonly mean: Float32Array; readonly scale: Float32Array } {
  const n = Math.max(1, features.length);
  const mean = new Float32Array(SHAPE.length);
  const scale = new Float32Array(SHAPE.length);
  for (let i = 0; i < SHAPE.length; i++) {
    const values = features.map(({ shape }) => shape[i]!);
    const middle = values.reduce((sum, value) => sum + value, 0) / n;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / n);
    mean[i] = middle;
    scale[i] = deviation < 1e-9 ? 0 : size / deviation;
  }
  return { mean, scale };
}

function designOf(
  records: readonly OutcomeRecord[],
  features: readonly CallFeatures[],
  { idf, mean, scale, dimensions }: Prepared['scaling'],
): Design {
  const starts = new Uint32Array(records.length + 1);
  features.forEach(({ places }, i) => {
    starts[i + 1] = starts[i]! + places.length;
  });
  const places = new Uint16Array(starts.at(-1) ?? 0);
  const values = new Float32Array(places.length);
  const denseWidth = SHAPE.length + dimensions;
  const dense = new Float32Array(records.length * denseWidth);
  features.forEach((each, i) => {
    places.set(each.places, starts[i]);
    values.set(wordValues(each, idf), starts[i]);
    const from = i * denseWidth;
    for (let j = 0; j < SHAPE.length; j++) dense[from + j] = (each.shape[j]! - mean[j]!) * scale[j]!;
    const { vector } = records[i]!;
    if (vector !== null) dense.set(vector.subarray(0, dimensions), from + SHAPE.length);
  });
  return { rows: records.length, sparseWidth: WORD_BUCKETS, starts, places, values, denseWidth, dense };
}
