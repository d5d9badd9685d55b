/**
 * Runs the graph: feeds the parameters and a batch, and collects loss and gradients.
 * Does not: update parameters or decide what comes when (../engine).
 */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { seededRandom } from '../../core/random.ts';
import type { BertWeights } from '../../models/encoder/bert-weights.ts';
import { packedFeeds, packTexts, type WindowedText, windowPool } from '../../models/encoder/packed-texts.ts';
import { gradientName } from '../encoder/backward.ts';
import type { Trainable } from '../engine/loop.ts';
import { cutRuns, tokensOf } from '../engine/runs.ts';
import { extractorGraph, type Heads, OPTIONS, parameterPlaces, TAGS } from './graph.ts';

/** A tokenised input and what is to be said of it. */
export interface Sample extends WindowedText {
  /** The tokens of all windows, one after another. */
  readonly ids: readonly number[];
  /** For each group its option, from 0 in the group; -1 where nothing is to be said. */
  readonly options: readonly number[];
  /** For each token its tag; -1 where nothing is to be said. */
  readonly tags: Int32Array;
  /** Mean 1 over all samples. */
  readonly weight: number;
}

export interface StepOptions {
  readonly rank: number;
  /** Models that are trained side by side, each from its own start, on its own batches. */
  readonly members: number;
  readonly heads: Heads;
  readonly threads: number;
  readonly seed: number;
  /** Share of the tokens that are hidden, drawn anew at each step. */
  readonly wordDropout: number;
  /** Token that stands for a hidden one. */
  readonly mask: number;
}

/** Most tokens in one run, and most cells (windows · longest²) of one head's attention: what bounds its memory. */
const MAX_TOKENS = 2048;
const MAX_CELLS = 1 << 20;

function fits(run: readonly Sample[]): boolean {
  const windows = run.flatMap((sample) => sample.windows);
  const longest = Math.max(...windows.map(({ length }) => length));
  return tokensOf(run) <= MAX_TOKENS && windows.length * longest ** 2 <= MAX_CELLS;
}

export interface ExtractorRunner extends Trainable {
  close(): Promise<void>;
}

/** @param parameters Flat, in the order of parameterPlaces, one member after another; kept, not copied. */
export async function extractorRunner(
  weights: BertWeights,
  samples: readonly Sample[],
  parameters: Float32Array,
  options: StepOptions,
): Promise<ExtractorRunner> {
  const { heads } = options;
  const session = await InferenceSession.create(extractorGraph(weights, heads), {
    intraOpNumThreads: options.threads,
    // Shapes change from run to run: planned memory patterns would never be used.
    enableMemPattern: false,
    // Spinning threads would take the cores from everything else between two operators.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
    logSeverityLevel: 3,
  });
  const gradient = new Float32Array(parameters.length);
  const partial = new Float32Array(parameters.length);
  const each = parameters.length / options.members;
  const feeds: Record<string, Tensor>[] = [];
  const fetches: Record<string, Tensor | null>[] = [];
  for (let member = 0; member < options.members; member++) {
    const [feed, fetch]: [Record<string, Tensor>, Record<string, Tensor | null>] = [{}, {}];
    for (const { name, dims, offset, length } of parameterPlaces(weights, options.rank, heads)) {
      const [from, to] = [member * each + offset, member * each + offset + length];
      feed[name] = new Tensor('float32', parameters.subarray(from, to), dims);
      fetch[gradientName(name)] = new Tensor('float32', partial.subarray(from, to), dims);
    }
    if (heads.groups.length > 0) fetch[OPTIONS] = null;
    if (heads.tags > 1) fetch[TAGS] = null;
    feeds.push(feed);
    fetches.push(fetch);
  }

  const run = async (member: number, batch: readonly Sample[], divisor: number): Promise<number> => {
    const packed = packTexts(batch.flatMap(({ windows }) => windows));
    const { heads: attention, hidden } = weights.config;
    const split = [1, packed.texts, packed.longest, attention, hidden / attention];
    const wanted = [
      ...(heads.groups.length > 0 ? [optionTargets(batch, heads.groups, divisor)] : []),
      ...(heads.tags > 1 ? [tagTargets(batch, heads.tags, divisor)] : []),
    ];
    const result = await session.run(
      {
        ...feeds[member],
        ...packedFeeds(packed, weights.config),
        pool: new Tensor('float32', windowPool(batch), [batch.length, packed.tokens]),
        padMask: new Tensor('float32', packed.padMask, [packed.padMask.length, 1]),
        mergedSplit: new Tensor('int64', BigInt64Array.from(split, BigInt), [5]),
        ...Object.fromEntries(
          wanted.flatMap(({ name, classes, targets, shares }) => [
            [`${name}.targets`, new Tensor('float32', targets, [targets.length / classes, classes])],
            [`${name}.shares`, new Tensor('float32', shares, [shares.length / classes, classes])],
          ]),
        ),
      },
      fetches[member],
    );
    let loss = 0;
    for (const { name, targets, shares } of wanted) {
      const probabilities = result[name]!.data as Float32Array;
      // The smallest float32 guards the logarithm where a probability underflows.
      for (let i = 0; i < targets.length; i++)
        if (targets[i]! > 0) loss -= shares[i]! * Math.log(Math.max(probabilities[i]!, 1.2e-38));
    }
    for (let i = member * each; i < (member + 1) * each; i++) gradient[i]! += partial[i]!;
    return loss;
  };

  return {
    parameters,
    gradient,
    step: async (at, chosen) => {
      gradient.fill(0);
      let loss = 0;
      for (let member = 0; member < options.members; member++) {
        const random = seededRandom(options.seed + 0x51ed27 * (at + 1) + 0x3c6ef3 * member);
        const shift = Math.round((member * samples.length) / options.members);
        const batch = chosen.map((i) =>
          hideSome(samples[(i + shift) % samples.length]!, options, random.next),
        );
        for (const part of cutRuns(batch, fits)) loss += await run(member, part, batch.length);
      }
      return loss / options.members;
    },
    close: () => session.release(),
  };
}

/** Targets, 1 at what is right, and the share of each in the loss; a group that says nothing has none. */
interface Wanted {
  readonly name: string;
  readonly classes: number;
  readonly targets: Float32Array;
  readonly shares: Float32Array;
}

function optionTargets(batch: readonly Sample[], groups: readonly number[], divisor: number): Wanted {
  const classes = groups.reduce((sum, size) => sum + size, 0);
  const targets = new Float32Array(batch.length * classes);
  const shares = new Float32Array(batch.length * classes);
  batch.forEach(({ options, weight }, row) => {
    let at = row * classes;
    groups.forEach((size, group) => {
      if (options[group]! >= 0) {
        targets[at + options[group]!] = 1;
        shares.fill(weight / divisor, at, at + size);
      }
      at += size;
    });
  });
  return { name: OPTIONS, classes, targets, shares };
}

function tagTargets(batch: readonly Sample[], classes: number, divisor: number): Wanted {
  const tokens = tokensOf(batch);
  const targets = new Float32Array(tokens * classes);
  const shares = new Float32Array(tokens * classes);
  let row = 0;
  for (const { tags, weight } of batch)
    for (const tag of tags) {
      if (tag >= 0) {
        targets[row * classes + tag] = 1;
        shares.fill(weight / divisor, row * classes, (row + 1) * classes);
      }
      row++;
    }
  return { name: TAGS, classes, targets, shares };
}

/** The sample with each token but the markers at the ends of windows hidden with this probability. */
function hideSome(sample: Sample, { wordDropout, mask }: StepOptions, next: () => number): Sample {
  if (wordDropout === 0) return sample;
  const windows = sample.windows.map((ids) =>
    ids.map((id, i) => (i > 0 && i < ids.length - 1 && next() < wordDropout ? mask : id)),
  );
  return { ...sample, windows };
}
