/**
 * Lets candidates compete on a task's own data, cheapest first. Rungs that take seconds are always tried; one
 * that takes minutes only where the cheaper ones leave enough to gain (the idea of successive halving, Jamieson &
 * Talwalkar 2016, with the rungs as the budgets).
 * Does not: train or estimate itself; trying a candidate is passed in.
 */
import { UnderstudyError } from '../core/errors.ts';
import { type Candidate, COST, type Verdict } from '../core/specialist.ts';

/** What trying a candidate told, on the validation split. */
export interface TrialResult {
  /** Share of calls that it can be expected to serve: what its best threshold would serve, times its chance to pass. */
  readonly coverage: number;
  /** Share of all answers that are right. */
  readonly accuracy: number;
}

export interface Tried<T extends TrialResult> {
  readonly candidate: Candidate;
  readonly result: T;
}

export interface Competition<T extends TrialResult> {
  /** Null where none could be trained. */
  readonly winner: Tried<T> | null;
  readonly tried: readonly Tried<T>[];
  readonly verdicts: readonly Verdict[];
}

/** Where cheaper rungs serve this share already, minutes of training cannot add much. */
const ENOUGH = 0.9;
/** A dearer candidate must be this much better than a cheaper one to be preferred. */
const WORTH = 0.02;

/**
 * @param options.earlier the heat before this one: a task's cheap rungs are tried before any task's expensive ones.
 * @param options.candidates cheapest first, as chooseCandidates gives them.
 * @param options.tryOut trains a candidate and estimates it; an UnderstudyError drops it, with its message as reason,
 *   unless it says 'cancelled'.
 */
export async function compete<T extends TrialResult>(options: {
  readonly earlier?: Competition<T>;
  readonly candidates: readonly Candidate[];
  readonly tryOut: (candidate: Candidate) => Promise<T>;
}): Promise<Competition<T>> {
  const { earlier } = options;
  const tried: Tried<T>[] = [...(earlier?.tried ?? [])];
  const isTried = ({ candidate }: Verdict): boolean => tried.some((entry) => entry.candidate === candidate);
  const dropped: Verdict[] = (earlier?.verdicts ?? []).filter((verdict) => !isTried(verdict));
  let best: Tried<T> | null = null;
  for (const entry of tried) if (best === null || beats(entry.result, best.result)) best = entry;
  for (const candidate of options.candidates) {
    if (COST[candidate.rung] === 'minutes' && best && best.result.coverage >= ENOUGH) {
      const { rung } = best.candidate;
      const reason = `Not tried: the ${rung} specialist can be expected to serve ${percent(best.result.coverage)} already, so minutes of training have little to add.`;
      dropped.push({ candidate, chosen: false, reason });
      continue;
    }
    try {
      const entry = { candidate, result: await options.tryOut(candidate) };
      tried.push(entry);
      if (best === null || beats(entry.result, best.result)) best = entry;
    } catch (error) {
      if (!(error instanceof UnderstudyError) || error.code === 'cancelled') throw error;
      // What is missing can be had: say how.
      const advice = error.code === 'unavailable' ? ` ${error.hint}` : '';
      dropped.push({ candidate, chosen: false, reason: `Could not be trained: ${error.message}${advice}` });
    }
  }
  const verdicts = tried.map(({ candidate, result }) => ({
    candidate,
    chosen: candidate === best?.candidate,
    reason: reasonOf(candidate, result, best!),
    estimate: result.coverage,
  }));
  return { winner: best, tried, verdicts: [...verdicts, ...dropped] };
}

/** Whether the later, dearer result is worth its cost: clearly more coverage or, where neither would pass, accuracy. */
function beats(dearer: TrialResult, cheaper: TrialResult): boolean {
  const hopeless = Math.max(dearer.coverage, cheaper.coverage) < WORTH;
  return hopeless ? dearer.accuracy >= cheaper.accuracy + WORTH : dearer.coverage >= cheaper.coverage + WORTH;
}

function reasonOf<T extends TrialResult>(candidate: Candidate, result: T, best: Tried<T>): string {
  const figures = `can be expected to serve ${percent(result.coverage)} of the calls; ${percent(result.accuracy)} of all its answers are right`;
  if (candidate === best.candidate) return `Chosen: ${figures}.`;
  const other = `the ${best.candidate.rung} specialist ${percent(best.result.coverage)}`;
  return result.coverage >= best.result.coverage
    ? `Not chosen: ${figures}, and ${other} for less.`
    : `Not chosen: ${figures}, but ${other}.`;
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;
