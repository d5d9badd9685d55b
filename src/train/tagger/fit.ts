/**
 * Fits the linear extractor: a head for each group of options on the whole inputs, a head for tags on their units. Seeded,
 * the same result every time.
 * Does not: make features (models/tagger), or say what is to be learnt (models/extractor/targets).
 */
import { contentHash } from '../../core/ids.ts';
import { seededRandom } from '../../core/random.ts';
import type { TrainingJob } from '../../core/runtime.ts';
import type { Sparse } from '../../models/classifier/lexical.ts';
import { beginOf, groupsOf, insideOf, tagCount } from '../../models/extractor/groups.ts';
import { type Lesson, learnTargets, type Target } from '../../models/extractor/targets.ts';
import { treeOf } from '../../models/extractor/tree.ts';
import { unitsOf } from '../../models/extractor/units.ts';
import { type Features, hashOf, inputFeatures, unitFeatures } from '../../models/tagger/features.ts';
import { matchFeatures } from '../../models/tagger/matches.ts';
import {
  type OptionHead,
  type SpanTagger,
  sparseOf,
  type TaggerHead,
  type TaggerModel,
  tagUnits,
} from '../../models/tagger/model.ts';
import { editsOfTags, spanKey, type TagValues } from '../../models/tagger/spans.ts';
import { epochsFor, lossWeights } from '../linear/classes.ts';
import { fitLinear } from '../linear/fit.ts';
import { fitChoice } from './fit-choice.ts';
import { fitSpans, type SpanExample } from './fit-spans.ts';

/** Known features at most: of the whole inputs, and of units. */
const MAX_FEATURES = { options: 60_000, tags: 90_000 } as const;
/** Units to learn from; of more, those outside of values are drawn. */
const MAX_UNITS = 120_000;
const RATE = 0.2;
/** More let each option learn its examples by heart, and how options are named counts less. */
const CHOICE_EPOCHS = 10;
const TAG_EPOCHS = 6;

export interface FittedTagger {
  readonly model: TaggerModel;
  readonly lesson: Lesson;
}

/** @throws UnderstudyError 'cancelled'. */
export async function fitTagger(
  { kind, train, seed }: Pick<TrainingJob, 'kind' | 'train' | 'seed'>,
  signal?: AbortSignal,
  onShare: (share: number) => void = () => {},
): Promise<FittedTagger> {
  const lesson = learnTargets(kind, train);
  const weights = lossWeights(train);
  const tagging = await fitTagging(kind, train, lesson, seed, signal);
  onShare(0.6);
  const count = tagCount(lesson.plan);
  const seen = lesson.targets.map(({ input }, i) => {
    const tags = tagging?.said[i];
    return inputFeatures(unitsOf(input), tags ? { tags, count } : null);
  });
  const groups = groupsOf(lesson);
  const known = knownRows(seen, MAX_FEATURES.options);
  const vectors = seen.map((features) => sparseOf(known, features).vector);
  const options: OptionHead[] = [];
  for (const { field, options: names } of groups) {
    const taught = lesson.targets.flatMap((target, i) => {
      const said = names.indexOf(
        (field === null ? formOf(lesson, target) : target.options.get(field)) ?? '=',
      );
      return said < 0 ? [] : [{ i, said }];
    });
    const epochs = epochsFor(Math.max(1, taught.length));
    if (field !== null) {
      const choices = taught.map(({ i, said }) => ({
        vector: vectors[i]!,
        matches: matchFeatures(unitsOf(train[i]!.input).text, names),
        label: said,
        weight: weights[i]!,
      }));
      options.push({
        ...known,
        ...fitChoice(choices, names.length, known.rows.size, { epochs: CHOICE_EPOCHS, seed }),
      });
      signal?.throwIfAborted();
    } else {
      const linear = await fitLinear(
        {
          sparse: taught.map(({ i }) => vectors[i]!),
          dense: null,
          labels: Uint32Array.from(taught, ({ said }) => said),
          weights: Float32Array.from(taught, ({ i }) => weights[i]!),
          classes: names.length,
          lexicalRows: known.rows.size,
        },
        { epochs, rate: RATE, denseRate: 0, seed, signal },
      );
      options.push({ ...known, linear, matches: null });
    }
    onShare(0.6 + (0.4 * options.length) / groups.length);
  }
  return { model: { options, tags: tagging?.tagger ?? null }, lesson };
}

/** '' stands for forms that are none of its own. */
const formOf = ({ forms }: Lesson, { form }: Target): string => (forms.includes(form) ? form : '');

/** Folds of the unit taggers that tell the ranker of spans what one says that has not learnt from an example. */
const FOLDS = 2;

interface Tagging {
  readonly tagger: SpanTagger;
  /** What a unit tagger says of each example's input that has not learnt from its session. */
  readonly said: readonly Float32Array[];
}

async function fitTagging(
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
  const foldOf = (i: number): number => Number.parseInt(contentHash(train[i]!.sessionId, 8), 16) % FOLDS;
  const taughtBut = (fold: number): Target[] => {
    const others = lesson.targets.filter((_, i) => isTaught[i] && foldOf(i) !== fold);
    return others.length > 0 ? others : lesson.targets.filter((_, i) => isTaught[i]);
  };
  const heads: TaggerHead[] = [];
  for (let fold = 0; fold < FOLDS; fold++) heads.push(await fitUnits(taughtBut(fold), count, seed, signal));
  const said = lesson.targets.map(({ input }, i) => tagUnits(heads[foldOf(i)]!, unitsOf(input)));
  const examples = lesson.targets.flatMap((target, i): SpanExample[] =>
    isTaught[i] ? [{ target, answer: train[i]!.answer, tags: said[i]! }] : [],
  );
  const values = editsOfTags(lesson.plan).map((edits, tag): TagValues => {
    const known = new Map<number, number>();
    for (const { target } of examples)
      for (const span of target.spans) {
        const key = span.tag === tag ? spanKey(edits, unitsOf(target.input), span) : null;
        if (key !== null) known.set(hashOf(key), (known.get(hashOf(key)) ?? 0) + 1);
      }
    return { edits, known };
  });
  const spans = fitSpans(kind, lesson, examples, values, count, seed);
  const units = await fitUnits(taughtBut(-1), count, seed, signal);
  return { tagger: { units, spans, known: values.map(({ known }) => known) }, said };
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
  const share = Math.min(1, MAX_UNITS / Math.max(1, all));
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
    MAX_FEATURES.tags,
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
    { epochs: TAG_EPOCHS, rate: RATE, denseRate: 0, seed, signal },
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

/** Rows for the features that at least two of the texts or units have, the most frequent ones; smooth idf. */
function knownRows(seen: readonly Features[], most: number): Pick<TaggerHead, 'rows' | 'idf'> {
  const counts = new Map<number, number>();
  for (const features of seen) for (const hash of features) counts.set(hash, (counts.get(hash) ?? 0) + 1);
  const kept = [...counts]
    .filter(([, n]) => n >= 2)
    .sort(([a, n], [b, m]) => m - n || a - b)
    .slice(0, most);
  return {
    rows: new Map(kept.map(([hash], row) => [hash, row])),
    idf: Float32Array.from(kept, ([, n]) => Math.log((1 + seen.length) / (1 + n)) + 1),
  };
}
