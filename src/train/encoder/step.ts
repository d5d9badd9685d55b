/**
 * Runs the graph: feeds the parameters and a batch, and collects loss and gradients.
 * Does not: update parameters or decide what comes when (../engine).
 */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { seededRandom } from '../../core/random.ts';
import type { BertWeights } from '../../models/encoder/bert-weights.ts';
import { packedFeeds, packTexts } from '../../models/encoder/packed-texts.ts';
import type { Trainable } from '../engine/loop.ts';
import { attentionOf, cutRuns, tokensOf } from '../engine/runs.ts';
import { gradientName } from './backward.ts';
import { PROBABILITIES, parameterPlaces, tuningGraph } from './graph.ts';

/** A tokenised text and its class. */
export interface Sample {
  /** With [CLS] first and [SEP] last. */
  readonly ids: readonly number[];
  readonly label: number;
  /** Mean 1 over all samples. */
  readonly weight: number;
}

export interface StepOptions {
  readonly rank: number;
  readonly classes: number;
  readonly threads: number;
  readonly seed: number;
  /** Share of the words left out of a text, drawn anew at each step. */
  readonly wordDropout: number;
}

/** Most tokens in one run, and most cells (texts · longest²) of one head's attention: what bounds its memory. */
const MAX_TOKENS = 2048;
const MAX_CELLS = 1 << 20;

const fits = (run: readonly Sample[]): boolean =>
  tokensOf(run) <= MAX_TOKENS && attentionOf(run) <= MAX_CELLS;

export interface TuningRunner extends Trainable {
  close(): Promise<void>;
}

/** @param parameters Flat, in the order of parameterPlaces; kept, not copied. */
export async function tuningRunner(
  weights: BertWeights,
  samples: readonly Sample[],
  parameters: Float32Array,
  options: StepOptions,
): Promise<TuningRunner> {
  const { classes } = options;
  const session = await InferenceSession.create(tuningGraph(weights, classes), {
    intraOpNumThreads: options.threads,
    // Shapes change from run to run: planned memory patterns would never be used.
    enableMemPattern: false,
    // Spinning threads would take the cores from everything else between two operators.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
    logSeverityLevel: 3,
  });
  const gradient = new Float32Array(parameters.length);
  const partial = new Float32Array(parameters.length);
  const feeds: Record<string, Tensor> = {};
  const fetches: Record<string, Tensor | null> = { [PROBABILITIES]: null };
  for (const { name, dims, offset, length } of parameterPlaces(weights, options.rank, classes)) {
    feeds[name] = new Tensor('float32', parameters.subarray(offset, offset + length), dims);
    fetches[gradientName(name)] = new Tensor('float32', partial.subarray(offset, offset + length), dims);
  }

  const run = async (batch: readonly Sample[], divisor: number): Promise<number> => {
    const packed = packTexts(batch.map(({ ids }) => ids));
    const targets = new Float32Array(batch.length * classes);
    batch.forEach(({ label }, i) => {
      targets[i * classes + label] = 1;
    });
    const { heads, hidden } = weights.config;
    const split = [1, packed.texts, packed.longest, heads, hidden / heads];
    const textWeights = Float32Array.from(batch, ({ weight }) => weight / divisor);
    const result = await session.run(
      {
        ...feeds,
        ...packedFeeds(packed, weights.config),
        padMask: new Tensor('float32', packed.padMask, [packed.padMask.length, 1]),
        mergedSplit: new Tensor('int64', BigInt64Array.from(split, BigInt), [5]),
        targets: new Tensor('float32', targets, [batch.length, classes]),
        textWeights: new Tensor('float32', textWeights, [batch.length, 1]),
      },
      fetches,
    );
    const probabilities = result[PROBABILITIES]!.data as Float32Array;
    let loss = 0;
    // The smallest float32 guards the logarithm where a probability underflows.
    batch.forEach(({ label }, i) => {
      loss -= textWeights[i]! * Math.log(Math.max(probabilities[i * classes + label]!, 1.2e-38));
    });
    for (let i = 0; i < gradient.length; i++) gradient[i]! += partial[i]!;
    return loss;
  };

  return {
    parameters,
    gradient,
    step: async (at, chosen) => {
      const random = seededRandom(options.seed + 0x51ed27 * (at + 1));
      const batch = chosen.map((i) => withoutSome(samples[i]!, options.wordDropout, random.next));
      gradient.fill(0);
      let loss = 0;
      for (const part of cutRuns(batch, fits)) loss += await run(part, batch.length);
      return loss;
    },
    close: () => session.release(),
  };
}

/** The sample with each token but the markers at its ends left out with this probability, and at least one of them kept. */
function withoutSome(sample: Sample, probability: number, next: () => number): Sample {
  if (probability === 0) return sample;
  const { ids } = sample;
  const kept = ids.filter((_, i) => i === 0 || i === ids.length - 1 || next() >= probability);
  return kept.length > 2 ? { ...sample, ids: kept } : sample;
}
