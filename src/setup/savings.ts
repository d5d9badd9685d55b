/**
 * The account of a data folder: sums of calls from the store, the models that they went to, prices and the machine's cost.
 * Does not: add up (savings/account.ts).
 */
import { availableParallelism } from 'node:os';
import type { Config } from '../core/config.ts';
import type { PriceUsed } from '../core/demo-report.ts';
import { isObject, parseJson } from '../core/json.ts';
import type { SavingsReport } from '../core/savings.ts';
import { savingsOf } from '../savings/account.ts';
import { machineCost } from '../savings/energy.ts';
import { readPriceFile } from '../savings/price-file.ts';
import { priceOf } from '../savings/prices.ts';
import type { Storage } from './data-folder.ts';

/** Parts that are opened at once. */
const PARTS = 500;

/** The price of a model: the user's own, then those of the file, then the built-in table. @throws as readPriceFile. */
export function priceBook({
  prices,
  costs,
}: Pick<Config, 'prices' | 'costs'>): (model: string) => PriceUsed | null {
  const file = costs.priceFile === undefined ? null : readPriceFile(costs.priceFile);
  const known = new Map<string, PriceUsed | null>();
  return (model) => {
    const found = known.get(model);
    if (found !== undefined) return found;
    const price = priceOf(model, prices, file);
    // Callers write what they like.
    if (known.size < 1000) known.set(model, price);
    return price;
  };
}

/** What the LLM took since then, audits included; null where not one price is known. @throws as readSavings. */
export async function llmDollars(
  storage: Pick<Storage, 'store' | 'vault'>,
  config: Pick<Config, 'prices' | 'costs'>,
  since: number,
): Promise<number | null> {
  // Its machine costs nothing here, and is not measured.
  const costs = { ...config.costs, wattsPerCore: 1 };
  const { total, prices } = await readSavings(storage, { ...config, costs }, since);
  return prices.length === 0 ? null : total.llm + total.audits;
}

/** @param since Epoch milliseconds; default: all. @throws as the store and readPriceFile. */
export async function readSavings(
  { store, vault }: Pick<Storage, 'store' | 'vault'>,
  config: Pick<Config, 'prices' | 'costs'>,
  since?: number,
): Promise<SavingsReport> {
  const usage = await store.usage(since === undefined ? {} : { since });
  const models = new Map<string, string>();
  const abouts = [...new Set(usage.map(({ aboutPart }) => aboutPart))];
  for (let at = 0; at < abouts.length; at += PARTS) {
    const parts = [...(await store.parts(abouts.slice(at, at + PARTS))).values()];
    const ring = await vault.ring(parts.map(({ day }) => day));
    for (const part of parts) {
      const about = parseJson(ring.open(part) ?? 'null');
      if (isObject(about) && typeof about.model === 'string') models.set(part.id, about.model);
    }
  }
  const from = since === undefined ? '' : new Date(since).toISOString().slice(0, 10);
  return savingsOf({
    usage,
    modelOf: (about) => models.get(about) ?? null,
    priceOf: priceBook(config),
    machine: await machineCost(config.costs, availableParallelism()),
    names: new Map((await store.tasks()).map(({ id, name }) => [id, name])),
    charges: await store.charges(from === '' ? undefined : from),
    jobs: (await store.jobs()).map(({ spent }) => ({
      spent: Object.fromEntries(Object.entries(spent).filter(([day]) => day >= from)),
    })),
  });
}
