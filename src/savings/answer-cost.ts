/** What one answer of a specialist costs, and what it saves: for the headers of the answer. Pure. */
import type { Usage } from '../core/call.ts';
import type { PriceUsed } from '../core/demo-report.ts';
import type { MachineCost } from '../core/savings.ts';
import { cost } from './prices.ts';

/** @returns By the model asked for, the tokens and the milliseconds: dollars; null where the price is not known. */
export function answerCost(
  priceOf: (model: string) => PriceUsed | null,
  machine: () => MachineCost,
): (model: string, usage: Usage, ms: number) => { readonly cost: number; readonly saved: number } | null {
  return (model, usage, ms) => {
    const price = priceOf(model);
    if (price === null) return null;
    const own = (ms / 1000) * machine().dollarsPerCoreSecond;
    return { cost: own, saved: cost(usage, price) - own };
  };
}
