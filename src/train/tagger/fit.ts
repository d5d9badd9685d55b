/**
 * Fits the linear extractor: which form an answer has and which option each chosen field, on whole inputs. Seeded, the same
 * result every time.
 * Does not: fit what points at values (fit-tags.ts), make features (models/tagger), or say what is to be learnt
 * (models/extractor/targets).
 */
import type { TrainingJob } from '../../core/runtime.ts';
import { groupsOf, tagCount } from '../../models/extractor/groups.ts';
import { type Lesson, learnTargets, type Target } from '../../models/extractor/targets.ts';
import { unitsOf } from '../../models/extractor/units.ts';
import { fieldFeatures, inputFeatures } from '../../models/tagger/features.ts';
import { matchFeatures } from '../../models/tagger/matches.ts';
import { type OptionHead, sparseOf, type TaggerModel } from '../../models/tagger/model.ts';
import { epochsFor, lossWeights } from '../linear/classes.ts';
import { fitLinear } from '../linear/fit.ts';
import { fitChoice } from './fit-choice.ts';
import { fitTagging } from './fit-tags.ts';
import { knownRows } from './rows.ts';

/** Features that are known, at most. */
const MAX_FEATURES = 60_000;
const RATE = 0.2;
/** More let each option learn its examples by heart, and how options are named counts less. */
const CHOICE_EPOCHS = 10;

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
  const inputs = lesson.targets.map(({ input }) => unitsOf(input));
  const whole = inputs.map((units, i) => {
    const tags = tagging?.said[i];
    return inputFeatures(units, tags ? { tags, count } : null);
  });
  const [ofForm, ofFields] = [
    knownRows(whole, MAX_FEATURES),
    knownRows(inputs.map(fieldFeatures), MAX_FEATURES),
  ];
  const options: OptionHead[] = [];
  const groups = groupsOf(lesson);
  for (const { field, options: names } of groups) {
    const labels = lesson.targets.flatMap((target, i) => {
      const said = field === null ? formOf(lesson, target) : target.options.get(field);
      return said === undefined || !names.includes(said) ? [] : [{ i, label: names.indexOf(said) }];
    });
    if (field === null) {
      const linear = await fitLinear(
        {
          sparse: labels.map(({ i }) => sparseOf(ofForm, whole[i]!).vector),
          dense: null,
          labels: Uint32Array.from(labels, ({ label }) => label),
          weights: Float32Array.from(labels, ({ i }) => weights[i]!),
          classes: names.length,
          lexicalRows: ofForm.rows.size,
        },
        { epochs: epochsFor(Math.max(1, labels.length)), rate: RATE, denseRate: 0, seed, signal },
      );
      options.push({ ...ofForm, linear, matches: null });
    } else {
      const examples = labels.map(({ i, label }) => ({
        vector: sparseOf(ofFields, fieldFeatures(inputs[i]!)).vector,
        matches: matchFeatures(inputs[i]!.text, names),
        label,
        weight: weights[i]!,
      }));
      const fitted = fitChoice(examples, names.length, ofFields.rows.size, { epochs: CHOICE_EPOCHS, seed });
      options.push({ ...ofFields, ...fitted });
      signal?.throwIfAborted();
    }
    onShare(0.6 + (0.4 * options.length) / groups.length);
  }
  return { model: { options, tags: tagging?.tagger ?? null }, lesson };
}

/** '' stands for forms that are none of its own. */
const formOf = ({ forms }: Lesson, { form }: Target): string => (forms.includes(form) ? form : '');
