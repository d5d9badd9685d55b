/**
 * The model of the rung `tagger`: what the extractor's tuned encoder says of an input, said by linear models on words
 * instead: seconds to train, milliseconds to answer.
 * Does not: fit the weights (train/tagger), keep the model (file.ts), or compose answers (models/extractor/compose).
 */
import type { UnitReading } from '../../core/runtime.ts';
import type { Sparse } from '../classifier/lexical.ts';
import { addLogits, type LinearWeights, softmax } from '../classifier/linear.ts';
import { beginOf, type Extraction, type Group, groupsOf, insideOf, tagCount } from '../extractor/groups.ts';
import { COPY, type ExtractionPlan } from '../extractor/plan.ts';
import type { Units } from '../extractor/units.ts';
import { candidatesFor, type TagValues, writingsOfTags } from './candidates.ts';
import { type Features, fieldFeatures, inputFeatures, unitFeatures } from './features.ts';
import { groundOf } from './ground.ts';
import { matchFeatures } from './matches.ts';
import { copiedOdds, type Presence } from './presence.ts';
import { foundVector, oddsOf, presenceOf, readTag, spanProbabilities, type TagReading } from './spans.ts';

/** Features that are known, and a class for each of a few things. */
export interface TaggerHead {
  /** By hash, the row of its weights. */
  readonly rows: ReadonlyMap<number, number>;
  /** Of each row: rare features tell more. */
  readonly idf: Float32Array;
  readonly linear: LinearWeights;
}

/**
 * A head for options; `matches`: weights on how they are named in the input, which all of them share. Null for the form, whose
 * linear weights have rows for foundVector after those of features.
 */
export interface OptionHead extends TaggerHead {
  readonly matches: Float32Array | null;
}

export interface TaggerModel {
  /** One head for each group of options (models/extractor/groups). */
  readonly options: readonly OptionHead[];
  /** Null where nothing is copied. */
  readonly tags: SpanTagger | null;
  readonly presence: Presence;
}

/** Numbers alone: how values are written is in the plan. */
export type MetValues = Omit<TagValues, 'writings'>;

export interface SpanTagger {
  /** Tags of units, which leave a few candidates for each tag. */
  readonly units: TaggerHead;
  /** By which the candidates are ranked (spans.ts). */
  readonly spans: Float32Array;
  /** What the values of each tag have been. */
  readonly met: readonly MetValues[];
  /** For each tag the log odds that nearly all values have. */
  readonly usual: Float32Array;
}

/** The known ones of the features, as a vector of unit length; and their share. */
export function sparseOf(
  { rows, idf }: Pick<TaggerHead, 'rows' | 'idf'>,
  features: Features,
): { vector: Sparse; known: number } {
  const places: number[] = [];
  let square = 0;
  for (const hash of features) {
    const row = rows.get(hash);
    if (row === undefined) continue;
    places.push(row);
    square += idf[row]! ** 2;
  }
  const norm = Math.sqrt(Math.max(1e-12, square));
  const values = Float32Array.from(places, (row) => idf[row]! / norm);
  return {
    vector: { places: Uint32Array.from(places), values },
    known: features.length === 0 ? 0 : places.length / features.length,
  };
}

/** What the unit tagger says: the probability of each tag, [units, tags]. */
export function tagUnits(head: TaggerHead, units: Units): Float32Array {
  const { linear } = head;
  const count = linear.bias.length;
  const out = new Float32Array(units.starts.length * count);
  for (const [unit, each] of unitFeatures(units).entries())
    out.set(probabilitiesOf(linear, sparseOf(head, each).vector), unit * count);
  return out;
}

/** What the model says of an input. Familiarity: the share of the features of the whole input that are known. */
export function readTagger(
  { options, tags, presence }: TaggerModel,
  extraction: Extraction,
  units: Units,
): UnitReading {
  const { plan } = extraction;
  const groups = groupsOf(extraction);
  const tagged = tags === null ? null : tagUnits(tags.units, units);
  const features = inputFeatures(units, tagged && { tags: tagged, count: tagCount(plan) });
  const spoken = fieldFeatures(units);
  const read = tags === null || tagged === null ? [] : readTags(tags, tagged, plan, units);
  const found = foundVector(
    read.map(({ odds }) => odds),
    tags?.usual ?? new Float32Array(0),
  );
  const said = options.map((head, i) => {
    if (head.matches === null) {
      const { vector, known } = sparseOf(head, features);
      return { probabilities: ofForm(head, vector, found), known };
    }
    const { vector, known } = sparseOf(head, spoken);
    const { field, options: names } = groups[i]!;
    const named = matchFeatures(units.text, names, plan.fields[field!]!.path);
    return { probabilities: ofOptions(head.linear, vector, head.matches, named), known };
  });
  const copied = new Float32Array(plan.fields.length).fill(Number.NaN);
  plan.fields.forEach((field, i) => {
    if (field.tag === null || read[field.tag] === undefined) return;
    const group = groups.findIndex((each) => each.field === i);
    const head = group < 0 ? null : said[group]!.probabilities;
    const odds = copiedOdds(
      presence,
      i,
      read[field.tag]!.odds,
      head && oddsOf(head[copyOf(groups[group]!)]!),
    );
    if (odds === null) return;
    const p = 1 / (1 + Math.exp(-odds));
    copied[i] = p;
    // Of what is left, the options have the shares that they have for the head.
    const copy = head === null ? -1 : copyOf(groups[group]!);
    const others = head === null ? 0 : Math.max(1e-9, 1 - head[copy]!);
    head?.forEach((each, k) => {
      head[k] = k === copy ? p : ((1 - p) * each) / others;
    });
  });
  return {
    options: Float32Array.from(said.flatMap(({ probabilities }) => [...probabilities])),
    tags:
      tagged === null ? new Float32Array(units.starts.length).fill(1) : tagsOfSeveral(tagged, plan, units),
    values: read.map(({ value, odds }, tag) =>
      severalTags(plan).has(tag)
        ? undefined
        : value && { ...value, presence: presenceOf(odds, tags!.usual[tag]!) },
    ),
    copied,
    familiarity: said[0]?.known ?? 1,
  };
}

const copyOf = ({ options }: Group): number => options.indexOf(COPY);

/** Tags of several values, of which none competes with another: where they stand the tags of units say. */
const severalTags = ({ fields }: ExtractionPlan): ReadonlySet<number | null> =>
  new Set(fields.filter(({ many, repeated }) => many || repeated).map(({ tag }) => tag));

/** The tags of units with those alone that have several values: all else is outside. */
function tagsOfSeveral(tagged: Float32Array, plan: ExtractionPlan, units: Units): Float32Array {
  const count = tagCount(plan);
  const states = [...severalTags(plan)].flatMap((tag) => (tag === null ? [] : [beginOf(tag), insideOf(tag)]));
  const out = new Float32Array(tagged.length);
  for (let unit = 0; unit < units.starts.length; unit++) {
    let within = 0;
    for (const state of states) within += out[unit * count + state] = tagged[unit * count + state]!;
    out[unit * count] = Math.max(0, 1 - within);
  }
  return out;
}

/** What is said of each tag. */
export function readTags(
  { spans, met }: Pick<SpanTagger, 'spans' | 'met'>,
  tagged: Float32Array,
  plan: ExtractionPlan,
  units: Units,
): readonly TagReading[] {
  const count = tagCount(plan);
  const ground = groundOf(units);
  const several = severalTags(plan);
  return writingsOfTags(plan).map((writings, tag): TagReading => {
    if (several.has(tag)) {
      let none = 1;
      for (let unit = 0; unit < units.starts.length; unit++) none *= 1 - tagged[unit * count + beginOf(tag)]!;
      return { value: null, odds: oddsOf(1 - none) };
    }
    const candidates = candidatesFor(ground, tag, { writings, ...met[tag]! }, tagged, count);
    return readTag(candidates, spanProbabilities(candidates, tag, spans));
  });
}

function probabilitiesOf(linear: LinearWeights, vector: Sparse): Float64Array {
  const logits = new Float64Array(linear.bias.length);
  addLogits(linear, vector, null, 0, logits);
  softmax(logits);
  return logits;
}

function ofForm({ linear, rows }: TaggerHead, vector: Sparse, found: Float32Array): Float64Array {
  const logits = new Float64Array(linear.bias.length);
  addLogits(linear, vector, found, rows.size, logits);
  softmax(logits);
  return logits;
}

/** How probable each option of a field is, for its head. @param named For each option the places of its shared features. */
export function ofOptions(
  linear: LinearWeights,
  vector: Sparse,
  shared: Float32Array,
  named: readonly Uint32Array[],
): Float64Array {
  const logits = new Float64Array(linear.bias.length);
  addLogits(linear, vector, null, 0, logits);
  for (let c = 0; c < logits.length; c++) for (const place of named[c]!) logits[c]! += shared[place]!;
  softmax(logits);
  return logits;
}
