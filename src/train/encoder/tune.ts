/**
 * Fine-tunes the encoder with a classification head: first the head on the frozen vectors, as the rung `head` does, then
 * both together, from there. What comes out is a linear model whose encoder is tuned, so that everything that serves
 * the rung `head` serves this one.
 * Does not: run in a process of its own (child.ts), or write the model (trainer.ts).
 */

import { seededRandom } from '../../core/random.ts';
import { buildVocabulary, lexicalVector } from '../../models/classifier/lexical.ts';
import { encoderText, type LinearModel, type LinearWeights } from '../../models/classifier/linear.ts';
import { loadBert } from '../../models/encoder/bert.ts';
import { type Tuning, tuningLayout, tuningLength } from '../../models/encoder/bert-tuning.ts';
import { type BertWeights, bertWeights } from '../../models/encoder/bert-weights.ts';
import { readBert } from '../../models/encoder/read-bert.ts';
import { type LoopOptions, train } from '../engine/loop.ts';
import { stepFigures } from '../figures.ts';
import { epochsFor, indexOf, lossWeights, RATES, storedOf, toClasses } from '../linear/classes.ts';
import { fitLinear } from '../linear/fit.ts';
import { fitSlotRanker } from '../linear/fit-slots.ts';
import { LORA_SCALE } from './backward.ts';
import { HEAD_SCALE } from './graph.ts';
import type { TuningJob, TuningRun } from './job.ts';
import type { EncoderRecipe } from './recipe.ts';
import { tuningRunner } from './step.ts';

/**
 * The same job gives the same model, bit for bit on one machine, killed and resumed or not.
 * @throws UnderstudyError 'unsupported' where there is nothing to choose among, 'diverged', 'unavailable', 'corrupt'.
 */
export async function tuneEncoder(
  job: TuningJob<EncoderRecipe>,
  options: Pick<LoopOptions, 'checkpoint' | 'onStep'>,
): Promise<{ readonly model: LinearModel; readonly run: TuningRun }> {
  const started = performance.now();
  const { recipe, seed, threads } = job;
  const { classes, labels, plan } = toClasses(job);
  const texts = job.train.map(({ input }) => encoderText(input));
  const bert = await loadBert(job.encoderDir, { threads });
  try {
    const { config, tensors } = readBert(job.encoderDir);
    const weights = bertWeights(config, tensors);
    const vocabulary = buildVocabulary(job.train.map(({ input }) => input));
    const common = { labels, weights: lossWeights(job.train), classes: classes.length };
    const epochs = epochsFor(texts.length);
    const head = await fitLinear(
      { ...common, sparse: null, dense: await bert.embed(texts), lexicalRows: 0 },
      { epochs, ...RATES.head, seed },
    );
    const words = await fitLinear(
      {
        ...common,
        sparse: job.train.map(({ input }) => lexicalVector(vocabulary, input).vector),
        dense: null,
        lexicalRows: vocabulary.hashes.length,
      },
      { epochs, ...RATES.lexical, seed },
    );

    const mean = common.weights.reduce((sum, weight) => sum + weight, 0) / texts.length;
    const samples = texts.map((text, i) => ({
      ids: bert.tokenize(text),
      label: labels[i]!,
      weight: common.weights[i]! / mean,
    }));
    const parameters = begin(weights, recipe.rank, head, seed);
    const runner = await tuningRunner(weights, samples, parameters, {
      rank: recipe.rank,
      classes: classes.length,
      threads,
      seed,
      wordDropout: recipe.wordDropout,
    });
    const beganSteps = performance.now();
    const trained = await train({
      ...options,
      model: runner,
      lengths: samples.map(({ ids }) => ids.length),
      // It begins from a head that is better than guessing, where the examples allow it at all.
      guessing: Number.POSITIVE_INFINITY,
      schedule: recipe,
      seed,
    }).finally(() => runner.close());
    const ownStepsMs = performance.now() - beganSteps;

    const tuning = tuningOf(weights, recipe.rank, parameters);
    const stored = storedOf(texts.length, MAX_STORED, seed);
    const vectors = await bert.embed(
      stored.map((i) => texts[i]!),
      tuning,
    );
    const index = indexOf(
      vectors,
      stored.map((i) => labels[i]!),
    );
    return {
      model: {
        rung: 'encoder',
        kind: job.kind,
        encoder: job.encoder,
        job: job.hash,
        plan,
        classes,
        vocabulary,
        tuning,
        index,
        linear: joined(words, headOf(weights, parameters, classes.length)),
        slotWeights: fitSlotRanker(job.kind, plan, job.train, seed),
        figures: {},
      },
      run: {
        trainedMs: Math.round(performance.now() - started - ownStepsMs + trained.elapsedMs),
        figures: {
          examples: texts.length,
          classes: classes.length,
          ...stepFigures(trained),
          peakMemoryMb: Math.round(process.resourceUsage().maxRSS / 1024),
        },
      },
    };
  } finally {
    await bert.close();
  }
}

/**
 * What the fitted head's logits are multiplied by at the start. The answers stay the same; but a head as sure of its
 * examples as the fit leaves it would have next to nothing to teach the encoder.
 */
const SOFTENING = 0.4;

/** Flat, as parameterPlaces has them: A uniform in ±1/√in, B zero, the head as it was fitted but for its confidence. */
function begin(weights: BertWeights, rank: number, head: LinearWeights, seed: number): Float32Array {
  const layout = tuningLayout(weights, rank);
  const length = tuningLength(layout);
  const classes = head.bias.length;
  const { hidden } = weights.config;
  const scale = SOFTENING / HEAD_SCALE;
  const parameters = new Float32Array(length + classes * (hidden + 1));
  const random = seededRandom(seed);
  for (const { part, rows, cols, offset } of layout)
    if (part === 'a')
      for (let i = 0; i < rows * cols; i++)
        parameters[offset + i] = (2 * random.next() - 1) / Math.sqrt(cols);
  for (let c = 0; c < classes; c++) {
    for (let h = 0; h < hidden; h++)
      parameters[length + c * hidden + h] = head.weights[h * classes + c]! * scale;
    parameters[length + classes * hidden + c] = head.bias[c]! * scale;
  }
  return parameters;
}

/** LoRA's part of the parameters, with its scale in B. */
function tuningOf(weights: BertWeights, rank: number, parameters: Float32Array): Tuning {
  const layout = tuningLayout(weights, rank);
  const out = parameters.slice(0, tuningLength(layout));
  for (const { part, rows, cols, offset } of layout)
    if (part === 'b') for (let i = offset; i < offset + rows * cols; i++) out[i]! *= LORA_SCALE;
  return { rank, parameters: out };
}

/** The head's part of the parameters, [hidden, classes] and [classes]. */
function headOf(weights: BertWeights, parameters: Float32Array, classes: number): LinearWeights {
  const { hidden } = weights.config;
  const head = parameters.subarray(parameters.length - classes * (hidden + 1));
  const out = new Float32Array(hidden * classes);
  for (let c = 0; c < classes; c++)
    for (let h = 0; h < hidden; h++) out[h * classes + c] = head[c * hidden + h]! * HEAD_SCALE;
  return { weights: out, bias: head.slice(hidden * classes).map((value) => value * HEAD_SCALE) };
}

/** Each takes a forward pass more, and neighbours only confirm what the head says. */
const MAX_STORED = 4_000;

/** How much the words' own logits count beside those of the tuned encoder: with few examples less would do, with many more. */
const WORDS_SHARE = 1 / 3;

function joined(words: LinearWeights, head: LinearWeights): LinearWeights {
  const weights = new Float32Array(words.weights.length + head.weights.length);
  words.weights.forEach((value, i) => {
    weights[i] = WORDS_SHARE * value;
  });
  weights.set(head.weights, words.weights.length);
  return { weights, bias: head.bias.map((value, c) => value + WORDS_SHARE * words.bias[c]!) };
}
