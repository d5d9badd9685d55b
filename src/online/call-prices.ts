/**
 * What calls cost while the gateway runs: at the LLM, by a price book that can be exchanged, and on this machine, whose power
 * is measured beside the start.
 * Does not: know prices (savings/).
 */
import { availableParallelism } from 'node:os';
import type { CallUse } from '../core/access.ts';
import type { Config } from '../core/config.ts';
import type { PriceUsed } from '../core/demo-report.ts';
import type { GatewayOptions } from '../gateway/gateway.ts';
import { answerCost } from '../savings/answer-cost.ts';
import { machineCost } from '../savings/energy.ts';
import { cost, priceOf } from '../savings/prices.ts';

/** The LLM's price of a model, by a configuration; null where it is not known. */
export type PriceBook = (config: Config) => (model: string) => PriceUsed | null;

export interface CallPrices {
  /** Of a call to the LLM, in dollars; null where the price is not known. */
  costOf(use: CallUse): number | null;
  /** Of a specialist's answer, and what it saved. */
  readonly answerCost: NonNullable<GatewayOptions['costOf']>;
  /** Reads the prices of another configuration, which hold once the returned function is called. @throws as the book. */
  read(config: Config): () => void;
}

/** @param book Default: the configuration's `prices` and the built-in table. */
export async function openCallPrices(
  config: Config,
  book: PriceBook = ({ prices }) =>
    (model) =>
      priceOf(model, prices),
): Promise<CallPrices> {
  let listPrice = book(config);
  let machine = await machineCost(config.costs, availableParallelism(), async () => null);
  // Measured beside the start, which waits for nothing.
  void machineCost(config.costs, availableParallelism()).then((measured) => {
    machine = measured;
  });
  return {
    costOf: (use) => {
      const price = listPrice(use.model);
      return price && cost(use, price);
    },
    answerCost: answerCost(
      (model) => listPrice(model),
      () => machine,
    ),
    read: (next) => {
      const prices = book(next);
      return () => {
        listPrice = prices;
      };
    },
  };
}
