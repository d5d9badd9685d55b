/**
 * Fits the linear extractor: which form an answer has and which option each chosen field, on whole inputs. Seeded, the same
 * result every time.
 * Does not: fit what points at values (fit-tags.ts), make features (models/tagger), or say what is to be learnt
 * (models/extractor/targets).
 */
import type { TrainingJob } from '../../core/runtime.ts';
import { groupsOf, tagCount } from '../../models/extractor/groups.ts';
import { COPY } from '../../models/extractor/plan.ts';
import { type Lesson, learnTargets, type Target } from '../../models/extractor/targets.ts';
import { unitsOf } from '../../models/extractor/units.ts';
import { fieldFeatures, inputFeatures } from '../../models/tagger/features.ts';
import { matchFeatures } from '../../models/tagger/matches.ts';
import { type OptionHead, ofOptions, sparseOf, type TaggerModel } from '../../models/tagger/model.ts';
import { foundVector, oddsOf } from '../../models/tagger/spans.ts';
import { epochsFor, lossWeights } from '../linear/classes.ts';
import { fitLinear } from '../linear/fit.ts';
import { type ChoiceExample, fitChoice } from './fit-choice.ts';
import { fitPresence } from './fit-presence.ts';
import { FOLDS, fitTagging, foldsOf } from './fit-tags.ts';
import { knownRows } from './rows.ts';

/** Features that are known, at most. */
const MAX_FEATURES = 60_000;
const RATE = 0.2;
/** First step size on what was found: few numbers, each of which tells much. */
const FOUND_RATE = 0.6;
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
  const foldOf = foldsOf(train);
  const spoken = inputs.map((units) => sparseOf(ofFields, fieldFeatures(units)).vector);
  /** By field, for each example the head's log odds that it is copied, of a head that has not learnt from its session. */
  const byHead = new Map<number, Float64Array>();
  for (const { field, options: names } of groups) {
    const labels = lesson.targets.flatMap((target, i) => {
      const said = field === null ? formOf(lesson, target) : target.options.get(field);
      return said === undefined || !names.includes(said) ? [] : [{ i, label: names.indexOf(said) }];
    });
    if (field === null) {
      const linear = await fitLinear(
        {
          sparse: labels.map(({ i }) => sparseOf(ofForm, whole[i]!).vector),
          dense: tagging && labels.map(({ i }) => foundVector(tagging.odds[i]!, tagging.tagger.usual)),
          labels: Uint32Array.from(labels, ({ label }) => label),
          weights: Float32Array.from(labels, ({ i }) => weights[i]!),
          classes: names.length,
          lexicalRows: ofForm.rows.size,
        },
        { epochs: epochsFor(Math.max(1, labels.length)), rate: RATE, denseRate: FOUND_RATE, seed, signal },
      );
      options.push({ ...ofForm, linear, matches: null });
    } else {
      const examples = labels.map(({ i, label }) => ({
        i,
        label,
        vector: spoken[i]!,
        weight: weights[i]!,
        matches: matchFeatures(inputs[i]!.text, names, lesson.plan.fields[field]!.path),
      }));
      const fit = (taught: readonly ChoiceExample[]): ReturnType<typeof fitChoice> =>
        fitChoice(taught, names.length, ofFields.rows.size, { epochs: CHOICE_EPOCHS, seed });
      options.push({ ...ofFields, ...fit(examples) });
      signal?.throwIfAborted();
      const copy = names.indexOf(COPY);
      if (copy >= 0) {
        const odds = new Float64Array(train.length);
        for (let fold = 0; fold < FOLDS; fold++) {
          const fitted = fit(examples.filter(({ i }) => foldOf(i) !== fold));
          for (const { i, vector, matches } of examples)
            if (foldOf(i) === fold)
              odds[i] = oddsOf(ofOptions(fitted.linear, vector, fitted.matches, matches)[copy]!);
        }
        byHead.set(field, odds);
        signal?.throwIfAborted();
      }
    }
    onShare(0.6 + (0.4 * options.length) / groups.length);
  }
  const presence = fitPresence(lesson.plan, lesson.targets, tagging?.odds ?? [], byHead);
  return { model: { options, tags: tagging?.tagger ?? null, presence }, lesson };
}

/** '' stands for forms that are none of its own. */
const formOf = ({ forms }: Lesson, { form }: Target): string => (forms.includes(form) ? form : '');
