/**
 * Lets candidates compete on a task's own data, cheapest first. What takes seconds is always tried; what takes minutes
 * only where the cheaper ones leave enough to gain (the idea of successive halving, Jamieson & Talwalkar 2016, with the
 * rungs as the budgets).
 * Does not: train or estimate itself; trying a candidate is passed in.
 */
import { UnderstudyError } from '../core/errors.ts';
import { percent } from '../core/percent.ts';
import type { Candidate, Verdict } from '../core/specialist.ts';
import type { Contender } from './candidates.ts';

/** A candidate that was tried, and what that told on the validation split. */
export interface Trial {
  readonly candidate: Candidate;
  /** Share of calls that it can be expected to serve: what its best threshold would serve, times its probability to pass. */
  readonly coverage: number;
  /** Share of all answers that are correct. */
  readonly accuracy: number;
  /** What an answer costs as a share of the LLM's. Absent: nothing. */
  readonly costShare?: number;
  /** Whether half of its answers take longer than half of the LLM's. */
  readonly isSlow?: boolean;
}

export interface Competition<T extends Trial> {
  /** Null where none could be trained. */
  readonly winner: T | null;
  readonly trials: readonly T[];
  readonly verdicts: readonly Verdict[];
}

/** Where cheaper rungs serve this share already, minutes of training cannot add much. */
const ENOUGH = 0.9;
/** A more expensive candidate must be this much better than a cheaper one to be preferred. */
const WORTH = 0.02;
/** One that is slower than the LLM must be this much better than one that is not: agents wait for it. */
const WORTH_OF_WAITING = 0.1;

/**
 * @param options.earlier The round before this one: a task's cheap candidates are tried before any task's expensive ones.
 * @param options.contenders Cheapest first, as chooseCandidates gives them.
 * @param options.tryOut Trains a candidate and estimates it; an UnderstudyError drops it, with its message as reason,
 *   unless it says 'cancelled'.
 */
export async function compete<C extends Pick<Contender, 'candidate' | 'cost'>, T extends Trial>(options: {
  readonly earlier?: Competition<T>;
  readonly contenders: readonly C[];
  readonly tryOut: (contender: C) => Promise<T>;
}): Promise<Competition<T>> {
  const trials: T[] = [...(options.earlier?.trials ?? [])];
  const wasTried = ({ candidate }: Verdict): boolean => trials.some((trial) => trial.candidate === candidate);
  const dropped = (options.earlier?.verdicts ?? []).filter((verdict) => !wasTried(verdict));
  let best: T | null = null;
  for (const trial of trials) best = better(best, trial);
  for (const contender of options.contenders) {
    const { candidate, cost } = contender;
    if (cost === 'minutes' && best && best.coverage >= ENOUGH) {
      const reason = `Not tried: the ${best.candidate.rung} specialist can be expected to serve ${percent(best.coverage, 0)} already, so minutes of training have little to add.`;
      dropped.push({ candidate, chosen: false, reason });
      continue;
    }
    try {
      const trial = await options.tryOut(contender);
      if ((trial.costShare ?? 0) > 0 && savings(trial) <= 0) {
        const reason = `Would cost more than it saves: it can be expected to serve ${percent(trial.coverage, 0)} of the calls, and asking it about each takes ${percent(trial.costShare ?? 0, 0)} of the LLM’s price.`;
        dropped.push({ candidate, chosen: false, reason, estimate: trial.coverage });
        continue;
      }
      trials.push(trial);
      best = better(best, trial);
    } catch (error) {
      if (!(error instanceof UnderstudyError) || error.code === 'cancelled') throw error;
      // What is missing can be had: say how.
      const advice = error.code === 'unavailable' ? ` ${error.hint}` : '';
      dropped.push({ candidate, chosen: false, reason: `Could not be trained: ${error.message}${advice}` });
    }
  }
  const verdicts = trials.map((trial) => verdictOn(trial, best!));
  return { winner: best, trials, verdicts: [...verdicts, ...dropped] };
}

/** What a candidate would save of what the LLM's answers cost: it is asked about each call, and paid for, before it is known whether it serves. */
const savings = ({ coverage, costShare = 0 }: Trial): number => coverage - costShare;

/**
 * Of the best so far and a later, more expensive one; that is clearly better in what it saves or, where neither would pass,
 * accuracy.
 */
function better<T extends Trial>(best: T | null, later: T): T {
  if (best === null) return later;
  const hopeless = Math.max(later.coverage, best.coverage) < WORTH;
  const waiting = WORTH_OF_WAITING * (Number(later.isSlow ?? false) - Number(best.isSlow ?? false));
  const isBetter = hopeless
    ? later.accuracy >= best.accuracy + WORTH
    : savings(later) >= savings(best) + WORTH + waiting;
  return isBetter ? later : best;
}

function verdictOn(trial: Trial, best: Trial): Verdict {
  const { candidate, coverage, accuracy } = trial;
  const chosen = candidate === best.candidate;
  const price = trial.costShare ? ` for ${percent(trial.costShare, 0)} of the LLM’s price` : '';
  const pace = trial.isSlow ? ', more slowly than the LLM' : '';
  const figures = `can be expected to serve ${percent(coverage, 0)} of the calls${price}${pace}; ${percent(accuracy, 0)} of all its answers are right`;
  const other = `the ${best.candidate.rung} specialist ${percent(best.coverage, 0)}`;
  const lost = savings(trial) >= savings(best) ? `and ${other} for less` : `but ${other}`;
  const reason = chosen ? `Chosen: ${figures}.` : `Not chosen: ${figures}, ${lost}.`;
  return { candidate, chosen, reason, estimate: coverage };
}
