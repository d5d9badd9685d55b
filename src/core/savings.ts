/** What specialists save, net of what it takes: plain figures for the terminal, programs and the page. */
import type { Charge } from './charge.ts';
import type { PriceUsed } from './demo-report.ts';

/** Dollars and calls of some part of the traffic. `net` is what is left. */
export interface SavingsRow {
  /** Calls of agents. */
  readonly calls: number;
  readonly served: number;
  /** What the LLM would have charged for the calls that specialists served, by its list price and estimated tokens. */
  readonly avoided: number;
  /** What the LLM charged for the calls that it served. */
  readonly llm: number;
  /** What it charged for answering audited calls as well. */
  readonly audits: number;
  /** The machine and its energy, for answers that were served, and for those that were not used (escalations, shadow). */
  readonly machine: number;
  readonly net: number;
}

export interface SavingsReport {
  readonly kind: 'savings';
  /** First and last day, YYYY-MM-DD in UTC; null where there are no calls. */
  readonly from: string | null;
  readonly to: string | null;
  readonly total: SavingsRow & {
    /** Learning: processor time of the machine, and dollars paid to others. */
    readonly learning: number;
    /** Paid to others by the request: a judge, models at providers for the calls that they served or were proved on. */
    readonly others: number;
    /** Share of what all calls would have cost at the LLM that is left over; null where nothing is known of it. */
    readonly savedShare: number | null;
  };
  readonly byTask: readonly (SavingsRow & { readonly task: string; readonly name: string })[];
  /** By the keyed pseudonym of who sent the calls; '' where nothing identified the sender. */
  readonly byKey: readonly (SavingsRow & { readonly key: string })[];
  readonly byDay: readonly (SavingsRow & {
    readonly day: string;
    readonly learning: number;
    readonly others: number;
  })[];
  /** What `others` is made of, by day, purpose and model. */
  readonly charges: readonly Charge[];
  readonly prices: readonly PriceUsed[];
  /** Models without a known price, and their calls, which are left out of all dollars. */
  readonly unpriced: readonly { readonly model: string; readonly calls: number }[];
  readonly machine: MachineCost;
  /** Each in a sentence: what is estimated, what is not counted. */
  readonly notes: readonly string[];
}

/** What a second of a busy core costs. */
export interface MachineCost {
  readonly dollarsPerCoreSecond: number;
  readonly wattsPerCore: number;
  readonly watts: 'configured' | 'measured' | 'estimated';
}
