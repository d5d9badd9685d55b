/**
 * Redaction against Presidio: what each finds of the personal data in made-up texts of seven languages and in those of
 * Presidio's own generator, and what each takes for personal data that is none; kilobytes a second of processor time
 * of each, in the same run. `npm run bench -- pii`. What counts as found is in pii/score.ts, how kinds are matched in
 * pii/kinds.ts; what was seen of the texts while tuning, in docs/redaction.md. Without Python only ours runs, and says so.
 */
import { join, resolve } from 'node:path';
import type { Entity, EntityFinder } from '../src/core/entity.ts';
import { messageOf } from '../src/core/errors.ts';
import { openTokenClassifier } from '../src/models/token-classifier/classifier.ts';
import { DEFAULT_CLASSIFIER } from '../src/models/weights/catalogue.ts';
import { ensureWeights } from '../src/models/weights/weights.ts';
import { makeCorpus, type Sample } from './pii/corpus.ts';
import { type Detector, detectorOf } from './pii/detect.ts';
import { compareEngines, type EngineFigures } from './pii/engine.ts';
import { presidioKnows } from './pii/kinds.ts';
import { makeNegatives, type Negative } from './pii/negatives.ts';
import { openPresidio, type Presidio } from './pii/presidio.ts';
import {
  addScores,
  type Count,
  emptyScores,
  type Miss,
  type Score,
  type Scores,
  wilson,
} from './pii/score.ts';
import type { BenchmarkResult } from './run.ts';

const ROOT = resolve(import.meta.dirname, '..');
/** How often each template is filled in each language, texts of Presidio's generator, seed of all of it. */
const [ROUNDS, GENERATED, SEED] = [6, 1500, 20_261];
/** Examples of what went wrong that are printed for each kind. */
const EXAMPLES = 3;
/** One text in so many is read by each form of the classifier. */
const EVERY = 12;

/** What one tool found, and how long it took. */
interface Side {
  readonly scores: Scores;
  readonly misses: readonly Miss[];
  /** Of changes in texts without personal data, by group. */
  readonly negatives: Readonly<Record<string, number>>;
  readonly kilobytesPerSecond: number;
}

export async function run(): Promise<BenchmarkResult> {
  const presidio = await orNull('Presidio', openPresidio(join(ROOT, '.understudy/presidio')));
  const generated = presidio ? await presidio.generate(GENERATED, SEED, 'test') : [];
  const samples = [...makeCorpus('test', ROUNDS, SEED), ...generated];
  const negatives = makeNegatives('test', SEED);
  const finder = await orNull('the token classifier', openFinder());
  const detector = detectorOf(finder);
  const ours = await runOurs(detector, 2, samples, negatives);
  const first = await runOurs(detector, 1, samples, negatives);
  await finder?.close();
  const engines = finder ? await compareEngines(await weights(), textsOf(samples, negatives)) : null;
  const theirs = presidio ? await runPresidio(presidio, samples, negatives) : null;
  for (const miss of examples(ours.misses)) console.error(miss);
  return report({ samples, negatives, ours, first, theirs, engines });
}

async function openFinder(): Promise<EntityFinder> {
  return openTokenClassifier(await weights());
}

async function weights(): Promise<string> {
  const options = { dataDir: join(ROOT, '.understudy'), env: process.env };
  return (await ensureWeights(DEFAULT_CLASSIFIER, options)).path;
}

/** Every few of all kinds of texts. */
function textsOf(samples: readonly Sample[], negatives: readonly Negative[]): string[] {
  return [...samples, ...negatives].map(({ text }) => text).filter((_, i) => i % EVERY === 0);
}

async function orNull<T>(what: string, made: Promise<T>): Promise<T | null> {
  try {
    return await made;
  } catch (error) {
    console.error(`Without ${what}: ${messageOf(error)}`);
    return null;
  }
}

/** @param stages How many of the two are run. */
async function runOurs(
  detector: Detector,
  stages: 1 | 2,
  samples: readonly Sample[],
  negatives: readonly Negative[],
): Promise<Side> {
  const { spent } = detector;
  spent.first = 0;
  spent.second = 0;
  const detect = async (text: string): Promise<readonly Entity[]> =>
    stages === 1 ? detector.recognise(text) : detector.detect(text);
  const scores = emptyScores();
  const misses: Miss[] = [];
  for (const sample of samples)
    addScores(scores, sample, await detect(sample.text), (miss) => misses.push(miss));
  const wrong: Record<string, number> = {};
  for (const { group, text } of negatives) {
    for (const { kind, start, end } of await detect(text)) {
      wrong[group] = (wrong[group] ?? 0) + 1;
      misses.push({ kind, what: 'wrong', value: text.slice(start, end), text });
    }
  }
  const characters = [...samples, ...negatives].reduce((sum, { text }) => sum + text.length, 0);
  return { scores, misses, negatives: wrong, kilobytesPerSecond: characters / (spent.first + spent.second) };
}

async function runPresidio(
  presidio: Presidio,
  samples: readonly Sample[],
  negatives: readonly Negative[],
): Promise<Side> {
  const texts = [...samples, ...negatives.map(({ text }) => ({ text, language: 'en' as const }))];
  const { found, seconds } = await presidio.analyze(texts);
  const scores = emptyScores();
  const misses: Miss[] = [];
  for (const [i, sample] of samples.entries())
    addScores(scores, sample, found[i]!, (miss) => misses.push(miss));
  const wrong: Record<string, number> = {};
  for (const [i, { group }] of negatives.entries())
    wrong[group] = (wrong[group] ?? 0) + found[samples.length + i]!.length;
  const characters = texts.reduce((sum, { text }) => sum + text.length, 0);
  return { scores, misses, negatives: wrong, kilobytesPerSecond: characters / 1000 / seconds };
}

interface Results {
  readonly samples: readonly Sample[];
  readonly negatives: readonly Negative[];
  readonly ours: Side;
  /** The first stage alone. */
  readonly first: Side;
  /** Null without Python. */
  readonly theirs: Side | null;
  /** Null without the classifier's weights. */
  readonly engines: EngineFigures | null;
}

function report({ samples, negatives, ours, first, theirs, engines }: Results): BenchmarkResult {
  const both = (mine: Score, other: Score | undefined): object => ({
    ...figures(mine),
    ...(other
      ? {
          presidioRecall: rate(other.recall),
          presidioHalf: rate(other.half),
          presidioPrecision: rate(other.precision),
          presidioLeaked: rate(other.leaked),
        }
      : {}),
  });
  const kinds = [...ours.scores.kinds.keys()].sort();
  const groups = [...ours.scores.groups.keys()];
  const kindJson = kinds.map((kind) => [
    kind,
    {
      ...both(ours.scores.kinds.get(kind)!, theirs?.scores.kinds.get(kind)),
      presidioKnows: presidioKnows(kind),
    },
  ]);
  const groupJson = (names: readonly string[]): object =>
    Object.fromEntries(
      names.map((name) => [name, both(ours.scores.groups.get(name)!, theirs?.scores.groups.get(name))]),
    );
  const sets = ['ours', 'presidio'].filter((set) => groups.includes(set));
  const known = (side: Side | null): Score | undefined =>
    side === null ? undefined : overKnown(side.scores);
  const negativeJson = negativeFigures(negatives, ours, first, theirs);
  const rows = [
    row('all', ours.scores.all, theirs?.scores.all, first.scores.all),
    row('kinds Presidio knows', known(ours)!, known(theirs), known(first)!),
    ...kinds.map((kind) =>
      row(kind, ours.scores.kinds.get(kind)!, theirs?.scores.kinds.get(kind), first.scores.kinds.get(kind)),
    ),
    ...groups.map((name) =>
      row(
        sets.includes(name) ? `texts: ${name}` : `language: ${name}`,
        ours.scores.groups.get(name)!,
        theirs?.scores.groups.get(name),
        first.scores.groups.get(name),
      ),
    ),
    ...Object.entries(negativeJson).map(([group, value]) => ({
      '': `wrong in ${group}, per 10 kB`,
      ...value,
    })),
    {
      '': 'kB/s',
      recall: ours.kilobytesPerSecond.toFixed(1),
      Presidio: theirs?.kilobytesPerSecond.toFixed(1) ?? '',
      'first stage': first.kilobytesPerSecond.toFixed(0),
    },
  ];
  return {
    table: rows,
    json: {
      texts: samples.length,
      spans: ours.scores.all.recall.n,
      model: engines !== null,
      ...both(ours.scores.all, theirs?.scores.all),
      knownKinds: both(known(ours)!, known(theirs)),
      kinds: Object.fromEntries(kindJson),
      languages: groupJson(groups.filter((name) => !sets.includes(name))),
      sets: groupJson(sets),
      negatives: negativeJson,
      firstStage: figures(first.scores.all),
      kilobytesPerSecond: round(ours.kilobytesPerSecond),
      firstStageKilobytesPerSecond: round(first.kilobytesPerSecond),
      classifierKilobytesPerSecond: engines,
      presidioKilobytesPerSecond: theirs ? round(theirs.kilobytesPerSecond) : null,
    },
  };
}

/** The kinds that Presidio knows, together. */
function overKnown({ kinds }: Scores): Score {
  const sum = (pick: (score: Score) => Count): Count => {
    const total = { yes: 0, n: 0 };
    for (const [kind, score] of kinds)
      if (presidioKnows(kind)) {
        total.yes += pick(score).yes;
        total.n += pick(score).n;
      }
    return total;
  };
  return {
    recall: sum((score) => score.recall),
    half: sum((score) => score.half),
    named: sum((score) => score.named),
    precision: sum((score) => score.precision),
    leaked: sum((score) => score.leaked),
  };
}

function figures(score: Score): object {
  return {
    n: score.recall.n,
    recall: rate(score.recall),
    recallInterval: wilson(score.recall).map(round),
    half: rate(score.half),
    named: rate(score.named),
    precision: rate(score.precision),
    precisionInterval: wilson(score.precision).map(round),
    leaked: rate(score.leaked),
  };
}

type Row = Record<string, string | number>;

function row(name: string, ours: Score, theirs: Score | undefined, first: Score | undefined): Row {
  return {
    '': name,
    n: ours.recall.n,
    recall: withInterval(ours.recall),
    precision: withInterval(ours.precision),
    leaked: share(ours.leaked),
    Presidio: theirs ? `${share(theirs.recall)}, precision ${share(theirs.precision)}` : '',
    'first stage': first ? share(first.recall) : '',
  };
}

function negativeFigures(
  negatives: readonly Negative[],
  ours: Side,
  first: Side,
  theirs: Side | null,
): Readonly<Record<string, Row>> {
  const out: Record<string, Row> = {};
  for (const group of new Set(negatives.map((negative) => negative.group))) {
    const size = negatives.reduce((sum, { group: of, text }) => sum + (of === group ? text.length : 0), 0);
    const per = (side: Side): number => round(((side.negatives[group] ?? 0) / size) * 10_000);
    out[group] = {
      n: size,
      recall: per(ours),
      'first stage': per(first),
      ...(theirs ? { Presidio: per(theirs) } : {}),
    };
  }
  return out;
}

/** A few of each kind of mistake. */
function examples(misses: readonly Miss[]): readonly string[] {
  const by = new Map<string, Miss[]>();
  for (const miss of misses) {
    const key = `${miss.kind} ${miss.what}`;
    by.set(key, [...(by.get(key) ?? []), miss]);
  }
  return [...by].flatMap(([key, list]: readonly [string, readonly Miss[]]) =>
    list
      .filter((_, i) => i % Math.ceil(list.length / EXAMPLES) === 0)
      .map(({ value, text }) => {
        const at = text.indexOf(value);
        const around = text.slice(Math.max(0, at - 30), at + value.length + 20);
        return `${key} (of ${list.length}): ${JSON.stringify(value)} in ${JSON.stringify(around)}`;
      }),
  );
}

const rate = ({ yes, n }: Count): number | null => (n === 0 ? null : round(yes / n));
const round = (value: number): number => Math.round(value * 10_000) / 10_000;
const share = ({ yes, n }: Count): string => (n === 0 ? '–' : `${((100 * yes) / n).toFixed(1)} %`);
const withInterval = (count: Count): string => {
  const [low, high] = wilson(count).map((value) => (100 * value).toFixed(1));
  return count.n === 0 ? '–' : `${share(count)} (${low}–${high})`;
};
