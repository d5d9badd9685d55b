/**
 * Fine-tunes the encoder with heads for options and tags, all of them at once.
 * Does not: run in a process of its own (child.ts), or write the model's card (trainer.ts).
 */
import { seededRandom } from '../../core/random.ts';
import { type Bert, loadBert } from '../../models/encoder/bert.ts';
import { tuningLayout } from '../../models/encoder/bert-tuning.ts';
import { type BertWeights, bertWeights } from '../../models/encoder/bert-weights.ts';
import { readBert } from '../../models/encoder/read-bert.ts';
import { beginOf, groupSizes, groupsOf, insideOf, tagCount } from '../../models/extractor/groups.ts';
import type { ExtractorMember, ExtractorModel, Head } from '../../models/extractor/model.ts';
import { type Lesson, learnTargets, type Target } from '../../models/extractor/targets.ts';
import { unitsOf } from '../../models/extractor/units.ts';
import { windowsOfUnits } from '../../models/extractor/windows.ts';
import { tokeniser } from '../../models/token-classifier/pieces.ts';
import { LORA_SCALE } from '../encoder/backward.ts';
import type { TuningJob, TuningRun } from '../encoder/job.ts';
import { type LoopOptions, train } from '../engine/loop.ts';
import { lossWeights, storedOf } from '../linear/classes.ts';
import { type Heads, OPTION_SCALE, OPTIONS, parameterPlaces, TAG_SCALE, TAGS } from './graph.ts';
import type { ExtractorRecipe } from './recipe.ts';
import { extractorRunner, type Sample } from './step.ts';

/** Each takes a forward pass more, and they only say how familiar an input is. */
const MAX_STORED = 2_000;

/**
 * The same job gives the same model, bit for bit on one machine, killed and resumed or not.
 * @throws UnderstudyError 'diverged', 'unavailable', 'corrupt'.
 */
export async function tuneExtractor(
  job: TuningJob<ExtractorRecipe>,
  options: Pick<LoopOptions, 'checkpoint' | 'onStep'>,
): Promise<{ readonly model: ExtractorModel; readonly run: TuningRun }> {
  const started = performance.now();
  const { recipe, seed, threads } = job;
  const lesson = learnTargets(job.kind, job.train);
  const heads: Heads = { groups: groupSizes(groupsOf(lesson)), tags: tagCount(lesson.plan) };
  const bert = await loadBert(job.encoderDir, { threads });
  try {
    const { config, tensors } = readBert(job.encoderDir);
    const weights = bertWeights(config, tensors);
    const samples = samplesOf(bert, lesson, lossWeights(job.train));
    const parameters = begin(weights, recipe, heads, seed);
    const mask = bert.vocabulary.get('[MASK]') ?? bert.vocabulary.get('[UNK]') ?? 0;
    const runner = await extractorRunner(weights, samples, parameters, {
      rank: recipe.rank,
      members: recipe.members,
      heads,
      threads,
      seed,
      mask,
      wordDropout: recipe.wordDropout,
    });
    const trained = await train({
      ...options,
      model: runner,
      lengths: samples.map(({ ids }) => ids.length),
      // The heads begin at nothing: rare groups leave it late.
      guessing: Number.POSITIVE_INFINITY,
      schedule: recipe,
      seed,
    }).finally(() => runner.close());
    const size = parameters.length / recipe.members;
    const members = Array.from({ length: recipe.members }, (_, member) =>
      memberOf(weights, recipe.rank, heads, parameters.subarray(member * size, (member + 1) * size)),
    );
    const stored = storedOf(samples.length, MAX_STORED, seed);
    const vectors = new Float32Array(stored.length * config.hidden);
    const tuned = await bert.tuned();
    for (const [row, i] of stored.entries())
      vectors.set((await tuned.read(samples[i]!, members[0]!.tuning)).vector, row * config.hidden);
    const tail = trained.losses.slice(-Math.max(1, Math.round(trained.losses.length / 10)));
    return {
      model: { groups: heads.groups, members, vectors },
      run: {
        trainedMs: Math.round(performance.now() - started),
        figures: {
          examples: samples.length,
          forms: lesson.forms.length,
          fields: lesson.plan.fields.length,
          tags: lesson.plan.tags,
          steps: trained.losses.length,
          tokens: trained.tokens,
          firstLoss: trained.losses[0] ?? 0,
          finalLoss: tail.reduce((sum, loss) => sum + loss, 0) / tail.length,
          tokensPerSecond: (trained.tokens / trained.elapsedMs) * 1000,
          peakMemoryMb: Math.round(process.resourceUsage().maxRSS / 1024),
        },
      },
    };
  } finally {
    await bert.close();
  }
}

/** The targets as the graph takes them. @param weights One for each target. */
function samplesOf(bert: Bert, lesson: Lesson, weights: Float32Array): readonly Sample[] {
  const pieces = tokeniser(bert.vocabulary);
  const groups = groupsOf(lesson);
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  return lesson.targets.map((target, i): Sample => {
    const units = unitsOf(target.input);
    const { windows, shares, tokenOf } = windowsOfUnits(units, pieces, bert.maxTokens);
    const ids = windows.flat();
    const tags = new Int32Array(ids.length).fill(-1);
    unitTags(target, units.starts.length).forEach((tag, unit) => {
      if (tokenOf[unit]! >= 0) tags[tokenOf[unit]!] = tag;
    });
    const options = groups.map(({ field, options: names }) => {
      if (field !== null) return names.indexOf(target.options.get(field) ?? '');
      const form = names.indexOf(target.form);
      return form < 0 ? names.indexOf('') : form;
    });
    return { windows, shares, ids, tags, options, weight: weights[i]! / mean };
  });
}

/** The tag of each unit; -1 where nothing is to be said of it. */
function unitTags({ spans, ignored, lost }: Target, count: number): Int32Array {
  // Of an example whose values do not all stand in the input, what seems to be no value may be one.
  const tags = new Int32Array(count).fill(lost.length > 0 ? -1 : 0);
  for (const { start, end } of ignored) tags.fill(-1, start, end);
  for (const { start, end, tag } of spans) {
    tags.fill(insideOf(tag), start, end);
    tags[start] = beginOf(tag);
  }
  return tags;
}

/** Flat, as parameterPlaces has them, one member after another: A uniform in ±1/√in, all else zero. */
function begin(
  weights: BertWeights,
  { rank, members }: Pick<ExtractorRecipe, 'rank' | 'members'>,
  heads: Heads,
  seed: number,
): Float32Array {
  const places = parameterPlaces(weights, rank, heads);
  const size = places.reduce((sum, { length }) => sum + length, 0);
  const parameters = new Float32Array(members * size);
  const random = seededRandom(seed);
  for (let member = 0; member < members; member++)
    for (const { part, rows, cols, offset } of tuningLayout(weights, rank))
      if (part === 'a')
        for (let i = 0; i < rows * cols; i++)
          parameters[member * size + offset + i] = (2 * random.next() - 1) / Math.sqrt(cols);
  return parameters;
}

/** A member's parameters as they serve: each scale in what it multiplies. */
function memberOf(
  weights: BertWeights,
  rank: number,
  heads: Heads,
  parameters: Float32Array,
): ExtractorMember {
  const layout = tuningLayout(weights, rank);
  const places = new Map(parameterPlaces(weights, rank, heads).map((place) => [place.name, place]));
  const part = (name: string, scale: number): Float32Array => {
    const place = places.get(name);
    const own = place ? parameters.subarray(place.offset, place.offset + place.length) : new Float32Array();
    return own.map((value) => value * scale);
  };
  const headOf = (name: string, scale: number): Head => {
    return { weight: part(`${name}.weight`, scale), bias: part(`${name}.bias`, scale) };
  };
  const tuning = new Float32Array(layout.reduce((sum, { rows, cols }) => sum + rows * cols, 0));
  for (const { name, part: which, offset } of layout)
    tuning.set(part(name, which === 'b' ? LORA_SCALE : 1), offset);
  return {
    tuning: { rank, parameters: tuning },
    options: headOf(OPTIONS, OPTION_SCALE),
    tags: headOf(TAGS, TAG_SCALE),
  };
}
