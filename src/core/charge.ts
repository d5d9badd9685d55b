/**
 * What others are paid for single requests: a judge, a cheaper model that answers in the LLM's place. Sums by day.
 * Does not: hold what the LLM charges for agents' calls (those are calls), or for trainings (those are jobs).
 */

/** judge: verdicts on texts. learning, serving: answers of a model at a provider to held-back calls, and to agents' calls, used or not. */
export type ChargeFor = 'judge' | 'learning' | 'serving';

export interface Charge {
  /** YYYY-MM-DD in UTC. */
  readonly day: string;
  readonly for: ChargeFor;
  /** The model, by the configuration's name for it. */
  readonly model: string;
  readonly requests: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Of those requests whose price is known. */
  readonly dollars: number;
  /** Requests whose price is not known. */
  readonly unpriced: number;
}

export interface ChargeStore {
  /** Adds to the day's sums, all or none. */
  addCharges(charges: readonly Charge[]): Promise<void>;
  /** Sums by day, purpose and model, in that order. @param since A day, included; default: all. */
  charges(since?: string): Promise<readonly Charge[]>;
}

export const dollarsOf = (charges: readonly Charge[]): number =>
  charges.reduce((sum, { dollars }) => sum + dollars, 0);
