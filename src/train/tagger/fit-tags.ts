/**
 * Fits what points at values: a tagger of units, which leaves a few candidates for each tag, and the ranker of stretches on
 * what a tagger says that has not learnt from the example's session.
 * Does not: rank (fit-spans.ts), or fit forms and options (fit.ts).
 */
import { contentHash } from '../../core/ids.ts';
import { seededRandom } from '../../core/random.ts';
import type { TrainingJob } from '../../core/runtime.ts';
import type { Sparse } from '../../models/classifier/lexical.ts';
import { beginOf, insideOf, tagCount } from '../../models/extractor/groups.ts';
import type { Lesson, Target } from '../../models/extractor/targets.ts';
import { treeOf } from '../../models/extractor/tree.ts';
import { unitsOf } from '../../models/extractor/units.ts';
import { spanKey, type TagValues, writingsOfTags } from '../../models/tagger/candidates.ts';
import { type Features, hashOf, unitFeatures } from '../../models/tagger/features.ts';
import { groundOf } from '../../models/tagger/ground.ts';
import { readTags, type SpanTagger, sparseOf, type TaggerHead, tagUnits } from '../../models/tagger/model.ts';
import { fitLinear } from '../linear/fit.ts';
import { fitSpans, type SpanExample } from './fit-spans.ts';
import { knownRows } from './rows.ts';

/** Units to learn from; of more, those outside of values are drawn. And features of them that are known, at most. */
const [MAX_UNITS, MAX_FEATURES] = [120_000, 90_000];
/** Units times tags: with hundreds of tags, of an agent whose tools differ from call to call, that is what takes the time. */
const MAX_CELLS = 4_000_000;
const [RATE, EPOCHS] = [0.2, 6];
/** Folds of the taggers of units. */
export const FOLDS = 2;

export interface Tagging {
  readonly tagger: SpanTagger;
  /** What a unit tagger says of each example's input that has not learnt from its session. */
  readonly said: readonly Float32Array[];
  /** For each example the log odds that there is a value of each tag, from models that have not learnt from its session. */
  readonly odds: readonly (readonly number[])[];
}

/** Null where nothing is copied. */
export async function fitTagging(
  kind: TrainingJob['kind'],
  train: TrainingJob['train'],
  lesson: Lesson,
  seed: number,
  signal?: AbortSignal,
): Promise<Tagging | null> {
  if (lesson.plan.tags === 0) return null;
  // Where no value could stand nothing is taught: texts among tool calls.
  const isTaught = train.map(({ answer }) => treeOf(kind, answer) !== null);
  const count = tagCount(lesson.plan);
  const foldOf = foldsOf(train);
  const taughtBut = (fold: number): Target[] => {
    const others = lesson.targets.filter((_, i) => isTaught[i] && foldOf(i) !== fold);
    return others.length > 0 ? others : lesson.targets.filter((_, i) => isTaught[i]);
  };
  const heads: TaggerHead[] = [];
  for (let fold = 0; fold < FOLDS; fold++) heads.push(await fitUnits(taughtBut(fold), count, seed, signal));
  const said = lesson.targets.map(({ input }, i) => tagUnits(heads[foldOf(i)]!, unitsOf(input)));
  const examples = lesson.targets.flatMap((target, i) =>
    isTaught[i] ? [{ target, answer: train[i]!.answer, tags: said[i]!, fold: foldOf(i) }] : [],
  );
  const rank = (taught: readonly SpanExample[]): Pick<SpanTagger, 'spans' | 'met'> => {
    const values = valuesOf(lesson, taught);
    const spans = fitSpans(kind, lesson, taught, values, count, seed);
    return { spans, met: values.map(({ known, keys }) => ({ known, keys })) };
  };
  const rankers = heads.map((_, fold) => {
    const others = examples.filter(({ fold: own }) => own !== fold);
    return rank(others.length > 0 ? others : examples);
  });
  const odds = lesson.targets.map(({ input }, i) =>
    readTags(rankers[foldOf(i)]!, said[i]!, lesson.plan, unitsOf(input)).map((each) => each.odds),
  );
  const units = await fitUnits(taughtBut(-1), count, seed, signal);
  return { tagger: { units, ...rank(examples), usual: usualOdds(lesson, odds) }, said, odds };
}

/** Of the values of a tag, in 50, one may be less sure than what is usual. */
const UNUSUAL = 0.02;

/** For each tag the log odds that nearly all of its values have, on examples that were not learnt from. */
function usualOdds({ plan, targets }: Lesson, odds: readonly (readonly number[])[]): Float32Array {
  return Float32Array.from({ length: plan.tags }, (_, tag) => {
    const there = targets
      .flatMap(({ spans }, i) => (spans.some((span) => span.tag === tag) ? [odds[i]![tag]!] : []))
      .sort((a, b) => a - b);
    return there[Math.floor(UNUSUAL * there.length)] ?? 0;
  });
}

/** The fold of each example, of FOLDS: that of its session. */
export function foldsOf(train: TrainingJob['train']): (i: number) => number {
  const folds = train.map(({ sessionId }) => Number.parseInt(contentHash(sessionId, 8), 16) % FOLDS);
  return (i) => folds[i]!;
}

/** The values of each tag, how many of the examples have them, and the keys under which they stand in JSON. */
function valuesOf({ plan }: Lesson, examples: readonly SpanExample[]): readonly TagValues[] {
  const values = writingsOfTags(plan).map((writings) => ({
    writings,
    known: new Map<number, number>(),
    keys: new Set<number>(),
  }));
  for (const { target } of examples) {
    if (target.spans.length === 0) continue;
    const ground = groundOf(unitsOf(target.input));
    for (const span of target.spans) {
      const { writings, known, keys } = values[span.tag]!;
      const key = spanKey(writings, ground, span);
      if (key === null) continue;
      known.set(hashOf(key), (known.get(hashOf(key)) ?? 0) + 1);
      for (const whole of ground.wholes) if (spanKey(writings, ground, whole) === key) keys.add(whole.key);
    }
  }
  return values;
}

async function fitUnits(
  lessons: readonly Target[],
  count: number,
  seed: number,
  signal?: AbortSignal,
): Promise<TaggerHead> {
  const tagsOf = lessons.map(unitTags);
  const all = tagsOf.reduce((sum, tags) => sum + tags.length, 0);
  const random = seededRandom(seed);
  const share = Math.min(1, MAX_UNITS / Math.max(1, all), MAX_CELLS / Math.max(1, all * count));
  const units: { readonly features: Features; readonly tag: number }[] = [];
  lessons.forEach(({ input }, i) => {
    const tags = tagsOf[i]!;
    unitFeatures(unitsOf(input)).forEach((features, unit) => {
      const tag = tags[unit]!;
      if (tag > 0 || (tag === 0 && random.next() < share)) units.push({ features, tag });
    });
  });
  const known = knownRows(
    units.map(({ features }) => features),
    MAX_FEATURES,
  );
  const sparse: Sparse[] = units.map(({ features }) => sparseOf(known, features).vector);
  const linear = await fitLinear(
    {
      sparse,
      dense: null,
      labels: Uint32Array.from(units, ({ tag }) => tag),
      weights: new Float32Array(units.length).fill(1),
      classes: count,
      lexicalRows: known.rows.size,
    },
    { epochs: EPOCHS, rate: RATE, denseRate: 0, seed, signal },
  );
  return { ...known, linear };
}

/** The tag of each unit; -1 where nothing is to be learnt. */
function unitTags({ input, spans, ignored }: Target): Int32Array {
  const tags = new Int32Array(unitsOf(input).starts.length);
  for (const { start, end } of ignored) tags.fill(-1, start, end);
  for (const { tag, start, end } of spans) {
    tags[start] = beginOf(tag);
    tags.fill(insideOf(tag), start + 1, end);
  }
  return tags;
}
