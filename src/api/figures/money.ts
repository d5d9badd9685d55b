/**
 * What calls cost at the provider, and what the served ones saved: prices times the tokens on record.
 * Does not: know the machine's own cost, or that of learning (savings/).
 */

import type { PriceUsed } from '../../core/demo-report.ts';
import type { CallSum } from '../../core/figures.ts';
import { cost } from '../../savings/prices.ts';

export const MONEY_BASIS =
  'List prices times tokens; tokens of served calls are estimated from their texts. Saved is what served calls would have cost, less audits, this machine with its energy, and learning; the chart and the tasks are before the last two.';

export interface Money {
  /** Dollars paid to the provider. */
  spent: number;
  /** Dollars that served calls would have cost. */
  avoided: number;
  /** Part of `spent`: answers to audits. */
  audits: number;
}

export interface PricedSum extends CallSum {
  readonly money: Readonly<Money>;
}

export interface Priced {
  readonly sums: readonly PricedSum[];
  readonly unpriced: readonly string[];
}

/** @param models Names by part. */
export function priced(
  sums: readonly CallSum[],
  models: ReadonlyMap<string, string>,
  priceOf: (model: string) => PriceUsed | null,
): Priced {
  const unpriced = new Set<string>();
  const withMoney = sums.map((sum) => {
    const model = models.get(sum.aboutPart);
    const price = model === undefined ? null : priceOf(model);
    if (price === null && model !== undefined) unpriced.add(model);
    const dollars = price === null ? 0 : cost(sum, price);
    const served = sum.reason === 'confident';
    const money: Money = {
      spent: served ? 0 : dollars,
      avoided: served ? dollars : 0,
      audits: sum.reason === 'audit' ? dollars : 0,
    };
    return { ...sum, money };
  });
  return { sums: withMoney, unpriced: [...unpriced].sort() };
}

export function total(sums: readonly PricedSum[]): Money {
  const all: Money = { spent: 0, avoided: 0, audits: 0 };
  for (const { money } of sums) {
    all.spent += money.spent;
    all.avoided += money.avoided;
    all.audits += money.audits;
  }
  return all;
}
