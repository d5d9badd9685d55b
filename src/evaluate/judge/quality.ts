/**
 * What a judge misses on a task: of answers that are worse because they were spoilt. One pair a session, so that they are
 * independent.
 * Does not: say what these errors cost a bound (stats/judge-limits).
 */
import type { Example } from '../../core/dataset.ts';
import { mapSome } from '../../core/each.ts';
import { contentHash } from '../../core/ids.ts';
import type { Judge, Judgement, JudgeQuality, SpoiltBy, TextToJudge } from '../../core/judge.ts';
import type { Rate } from '../../core/specialist.ts';
import type { JudgeCounts } from '../../stats/judge-limits.ts';
import { rateOf } from '../../stats/statistics.ts';
import { spoil, WAYS } from './spoil.ts';

/** A way with fewer pairs says too little to count. */
const MIN_PAIRS = 10;
/** At once; the judge's own limit is its server's. */
const CONCURRENCY = 8;

export interface SpoiltPair extends TextToJudge {
  readonly way: SpoiltBy;
}

/**
 * Spoilt answers to calls of the task, as many of each way as there are calls for it.
 * @param examples Text answers that nothing is proved on.
 */
export function spoiltPairs(examples: readonly Example[], count: number): SpoiltPair[] {
  const chosen = onePerSession(examples);
  const pairs: SpoiltPair[] = [];
  const each = Math.ceil(count / WAYS.length);
  for (const [i, way] of WAYS.entries()) {
    let found = 0;
    // Each way begins elsewhere, so that a task with many calls has no call in two of them.
    for (let k = 0; k < chosen.length && found < each; k++) {
      const at = (k + Math.floor((i * chosen.length) / WAYS.length)) % chosen.length;
      const { input, answer: reference } = chosen[at]!;
      const other = otherThan(chosen, at);
      const answer = other === undefined ? null : spoil(way, reference, other.answer);
      if (answer === null || answer === reference || answer === '') continue;
      pairs.push({ way, input, reference, answer });
      found++;
    }
    if (found < MIN_PAIRS) pairs.splice(pairs.length - found, found);
  }
  return pairs;
}

/** The next one with another input and another answer. */
function otherThan(examples: readonly Example[], at: number): Example | undefined {
  const { input, answer } = examples[at]!;
  for (let step = 1; step < examples.length; step++) {
    const other = examples[(at + step) % examples.length]!;
    if (other.input !== input && other.answer !== answer) return other;
  }
  return undefined;
}

/** One example of each session, in an order that says nothing of them. */
function onePerSession(examples: readonly Example[]): Example[] {
  const rank = ({ id }: Example): string => contentHash(`known pair ${id}`, 16);
  const ranked = examples.map((example) => ({ example, rank: rank(example) }));
  ranked.sort((a, b) => (a.rank < b.rank ? -1 : 1));
  const bySession = new Map(ranked.toReversed().map(({ example }) => [example.sessionId, example]));
  return ranked.map(({ example }) => example).filter((each) => bySession.get(each.sessionId) === each);
}

export interface QualityOptions {
  readonly judge: Judge;
  /** Text answers that nothing is proved on. */
  readonly examples: readonly Example[];
  /** Spoilt answers that are judged. */
  readonly count: number;
  readonly onDone?: (done: number) => void;
  readonly signal?: AbortSignal;
}

/** @throws UnderstudyError as the judge does; what was judged by then is not asked again. */
export async function measureJudge(options: QualityOptions): Promise<JudgeQuality> {
  const { judge, examples, count, signal } = options;
  let done = 0;
  const spoilt = await mapSome(spoiltPairs(examples, count), CONCURRENCY, async (pair) => {
    const judgement = await judge.judge(pair, { signal, both: true });
    options.onDone?.(++done);
    return { way: pair.way, ...judgement };
  });
  const ways = WAYS.flatMap((way) => {
    const own = spoilt.filter((each) => each.way === way);
    return own.length === 0 ? [] : [[way, shareOf(own, 'worse')] as const];
  });
  const place = (which: 'first' | 'second'): Rate =>
    rateOf(spoilt.filter(({ byPlace }) => byPlace === which).length, spoilt.length);
  return {
    judge: judge.name,
    identity: judge.identity,
    caught: Object.fromEntries(ways),
    byPlace: { first: place('first'), second: place('second') },
    unreadable: shareOf(spoilt, 'unreadable'),
  };
}

function shareOf(judgements: readonly Judgement[], outcome: Judgement['outcome']): Rate {
  return rateOf(judgements.filter((each) => each.outcome === outcome).length, judgements.length);
}

/** The counts that bounds are made of. */
export const countsOf = ({ caught }: JudgeQuality): JudgeCounts =>
  Object.values(caught).map(({ hits, n }) => ({ n, worse: hits }));
