/**
 * The cheap probe: rungs that train in seconds, cross-fitted on a bounded sample of a task's calls, each prediction by a model
 * that has not seen its session, graded and decided on by the same code as in the proof. On the calls that are held back
 * for a proof nothing is done.
 * Does not: say what follows from the predictions (expect.ts), or keep what it trains.
 */
import { join } from 'node:path';
import type { CallRequest } from '../../core/call.ts';
import type { Example } from '../../core/dataset.ts';
import { UnderstudyError } from '../../core/errors.ts';
import { seededRandom } from '../../core/random.ts';
import type { Task } from '../../core/task.ts';
import { exampleTokens } from '../../core/tokens.ts';
import { estimate } from '../../evaluate/estimate.ts';
import { sessionSizes } from '../../evaluate/gate-order.ts';
import { type GradedPrediction, gradePredictions } from '../../evaluate/predictions.ts';
import type { Contender } from '../../select/candidates.ts';
import { examination, type LearnContext } from '../trial.ts';

/**
 * Most calls that are learnt from and predicted, and most tokens of them, so that a task takes seconds: twice the tokens where
 * there would be fewer calls than say anything.
 */
const [MAX_CALLS, MIN_CALLS, MAX_TOKENS] = [2_500, 80, 60_000];
const FOLDS = 4;
/** Parts of the calls that the best rung is trained on as well. */
const PARTS = [0.25, 0.5] as const;
/** Held-back calls with which a rung is compared: enough not to decide. */
const PLENTY = 20_000;

export type ProbeContext = Pick<LearnContext, 'config' | 'runtimes' | 'signal'>;

/** Predictions of one rung, trained on `share` of what the other folds have. */
export interface ProbeRun {
  readonly rung: string;
  /** Calls that each prediction's model has learnt from, on average. */
  readonly calls: number;
  readonly graded: readonly GradedPrediction[];
  readonly accuracy: number;
}

export interface Probed {
  readonly best: ProbeRun;
  /** The best rung on parts of the calls, fewest first. */
  readonly parts: readonly ProbeRun[];
  readonly others: readonly ProbeRun[];
}

/** Whole sessions at random until there are enough; sorted as they were. */
export function sampleOf(examples: readonly Example[], seed: number): Example[] {
  const sessions = [...Map.groupBy(examples, ({ sessionId }) => sessionId)];
  const chosen = new Set<string>();
  let [calls, tokens] = [0, 0];
  for (const [id, own] of seededRandom(seed).shuffle(sessions)) {
    const more = own.reduce((sum, example) => sum + exampleTokens(example), 0);
    const most = calls < MIN_CALLS ? 2 * MAX_TOKENS : MAX_TOKENS;
    if (chosen.size >= FOLDS && (calls + own.length > MAX_CALLS || tokens + more > most)) continue;
    chosen.add(id);
    calls += own.length;
    tokens += more;
  }
  return examples.filter(({ sessionId }) => chosen.has(sessionId));
}

/** How much there is to do with a number of calls and contenders, in the unit of `onDone`. */
export const probeWork = (calls: number, contenders: number): number =>
  calls * (contenders + PARTS.length) * 2;

/**
 * @param sample As sampleOf gives it.
 * @param options.dir Where trainings may leave what they make; the caller removes it.
 * @param options.onDone Work that is done since the last time, in the unit of probeWork.
 * @returns Null where none could be trained.
 */
export async function probe(
  task: Task,
  sample: readonly Example[],
  contenders: readonly Contender[],
  requests: ReadonlyMap<string, CallRequest>,
  context: ProbeContext,
  options: { readonly dir: string; readonly onDone: (work: number) => void },
): Promise<Probed | null> {
  const { epsilon, delta } = context.config.gate;
  const folds = foldsOf(sample, context.config.train.seed);
  const runs: ProbeRun[] = [];
  for (const contender of contenders) {
    try {
      runs.push(await crossPredict(contender, task, folds, 1, requests, context, options));
    } catch (error) {
      // What cannot learn this task is no candidate for it.
      if (!(error instanceof UnderstudyError) || error.code === 'cancelled') throw error;
    }
  }
  const worth = (run: ProbeRun): number => {
    const sizes = sessionSizes(run.graded.map(({ session }) => ({ session })));
    const gate = { epsilon, delta, tryNumber: 1, earlierSessions: sizes, calibrationSize: PLENTY };
    return estimate(run.graded, gate).coverage + run.accuracy / 100;
  };
  const ranked = runs.toSorted((a, b) => worth(b) - worth(a));
  const best = ranked[0];
  if (best === undefined) return null;
  const contender = contenders.find(({ candidate }) => candidate.rung === best.rung)!;
  const parts: ProbeRun[] = [];
  for (const share of PARTS)
    try {
      parts.push(await crossPredict(contender, task, folds, share, requests, context, options));
    } catch (error) {
      if (!(error instanceof UnderstudyError) || error.code === 'cancelled') throw error;
    }
  return { best, parts, others: ranked.slice(1) };
}

/** Sessions in folds of about the same number of calls, in random order. */
function foldsOf(sample: readonly Example[], seed: number): Example[][][] {
  const sessions = [...Map.groupBy(sample, ({ sessionId }) => sessionId).values()];
  const folds = Array.from({ length: FOLDS }, (): Example[][] => []);
  const sizes = folds.map(() => 0);
  for (const session of seededRandom(seed + 1).shuffle(sessions)) {
    const least = sizes.indexOf(Math.min(...sizes));
    folds[least]!.push(session);
    sizes[least]! += session.length;
  }
  return folds;
}

async function crossPredict(
  { candidate, trainer }: Contender,
  task: Task,
  folds: readonly (readonly (readonly Example[])[])[],
  share: number,
  requests: ReadonlyMap<string, CallRequest>,
  context: ProbeContext,
  { dir, onDone }: { readonly dir: string; readonly onDone: (work: number) => void },
): Promise<ProbeRun> {
  const { config, runtimes, signal } = context;
  const runtime = runtimes.find(({ rungs }) => rungs.includes(candidate.rung))!;
  const how = examination(task, requests, { config, ...(signal ? { signal } : {}) }, { isJudged: false });
  const graded: GradedPrediction[] = [];
  let learnt = 0;
  for (const [i, fold] of folds.entries()) {
    const held = fold.flat();
    if (held.length === 0) continue;
    const sessions = folds.flatMap((other, k) => (k === i ? [] : other));
    const taught = sessions.slice(0, Math.ceil(share * sessions.length)).flat();
    const train = collapsed(taught.filter(({ answer }) => answer !== ''));
    const job = {
      candidate,
      kind: task.kind,
      train,
      validation: [],
      seed: config.train.seed,
      dir: join(dir, `${candidate.id}-${share}-${i}`),
    };
    const artefact = await trainer.train(job, undefined, signal);
    onDone(held.length);
    const inputs = new Set(train.map(({ input }) => input));
    const asked = held.map(({ seen: _, ...rest }) =>
      inputs.has(rest.input) ? { ...rest, seen: true as const } : rest,
    );
    graded.push(...(await gradePredictions(asked, { ...how, runtime, artefact })));
    onDone(held.length);
    learnt += taught.length;
  }
  const correct = graded.filter(({ grade }) => grade.correct === true).length;
  return {
    rung: candidate.rung,
    calls: Math.round(learnt / folds.length),
    graded,
    accuracy: correct / Math.max(1, graded.length),
  };
}

/** One example for the calls with one input, with their most frequent answer, as in training. */
function collapsed(examples: readonly Example[]): Example[] {
  return [...Map.groupBy(examples, ({ input }) => input).values()].map((alike) => {
    const byAnswer = [...Map.groupBy(alike, ({ answer }) => answer)];
    const [answer] = byAnswer.sort((a, b) => b[1].length - a[1].length)[0]!;
    return { ...alike[0]!, answer, weight: alike.length };
  });
}
