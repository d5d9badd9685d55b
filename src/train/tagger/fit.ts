/**
 * Fits the linear extractor: a head for each group of options on the whole inputs, a head for tags on their units. Seeded,
 * the same result every time.
 * Does not: make features (models/tagger), or say what is to be learnt (models/extractor/targets).
 */
import { seededRandom } from '../../core/random.ts';
import type { TrainingJob } from '../../core/runtime.ts';
import type { Sparse } from '../../models/classifier/lexical.ts';
import { beginOf, groupsOf, insideOf, tagCount } from '../../models/extractor/groups.ts';
import { type Lesson, learnTargets, type Target } from '../../models/extractor/targets.ts';
import { unitsOf } from '../../models/extractor/units.ts';
import { type Features, inputFeatures, unitFeatures } from '../../models/tagger/features.ts';
import { sparseOf, type TaggerHead, type TaggerModel } from '../../models/tagger/model.ts';
import { epochsFor, lossWeights } from '../linear/classes.ts';
import { fitLinear } from '../linear/fit.ts';

/** Known features at most: of the whole inputs, and of units. */
const MAX_FEATURES = { options: 60_000, tags: 90_000 } as const;
/** Units to learn from; of more, those outside of values are drawn. */
const MAX_UNITS = 120_000;
const RATE = 0.2;
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
  const seen = lesson.targets.map(({ input }) => inputFeatures(unitsOf(input)));
  const groups = groupsOf(lesson);
  const rows = knownRows(seen, MAX_FEATURES.options);
  const vectors = seen.map((features) => sparseOf(rows, features).vector);
  const options: TaggerHead[] = [];
  for (const { field, options: names } of groups) {
    const taught = lesson.targets.flatMap((target, i) => {
      const said = names.indexOf((field === null ? formOf(lesson, target) : target.options.get(field)) ?? '=');
      return said < 0 ? [] : [{ i, said }];
    });
    const linear = await fitLinear(
      {
        sparse: taught.map(({ i }) => vectors[i]!),
        dense: null,
        labels: Uint32Array.from(taught, ({ said }) => said),
        weights: Float32Array.from(taught, ({ i }) => weights[i]!),
        classes: names.length,
        lexicalRows: rows.size,
      },
      { epochs: epochsFor(Math.max(1, taught.length)), rate: RATE, denseRate: 0, seed, signal },
    );
    options.push({ rows, linear });
    onShare((0.5 * options.length) / groups.length);
  }
  const tags = await fitTags(lesson, seed, signal);
  onShare(1);
  return { model: { options, tags }, lesson };
}

/** '' stands for forms that are none of its own. */
const formOf = ({ forms }: Lesson, { form }: Target): string => (forms.includes(form) ? form : '');

async function fitTags(lesson: Lesson, seed: number, signal?: AbortSignal): Promise<TaggerHead | null> {
  if (lesson.plan.tags === 0) return null;
  // Where no value could stand nothing is taught: texts among tool calls.
  const lessons = lesson.targets.filter(({ spans, ignored }) => spans.length + ignored.length > 0);
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
  const rows = knownRows(
    units.map(({ features }) => features),
    MAX_FEATURES.tags,
  );
  const sparse: Sparse[] = units.map(({ features }) => sparseOf(rows, features).vector);
  const linear = await fitLinear(
    {
      sparse,
      dense: null,
      labels: Uint32Array.from(units, ({ tag }) => tag),
      weights: new Float32Array(units.length).fill(1),
      classes: tagCount(lesson.plan),
      lexicalRows: rows.size,
    },
    { epochs: TAG_EPOCHS, rate: RATE, denseRate: 0, seed, signal },
  );
  return { rows, linear };
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

/** Rows for the features that at least two of the texts or units have, the most frequent ones. */
function knownRows(seen: readonly Features[], most: number): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const features of seen) for (const hash of features) counts.set(hash, (counts.get(hash) ?? 0) + 1);
  const kept = [...counts]
    .filter(([, n]) => n >= 2)
    .sort(([a, n], [b, m]) => m - n || a - b)
    .slice(0, most);
  return new Map(kept.map(([hash], row) => [hash, row]));
}
