/**
 * Prices from a file in the format of LiteLLM's model_prices_and_context_window.json: a JSON object, an entry a model, of
 * whose many fields four are read. What is no price of tokens (images, audio by the second, the sample) is left out.
 */
import { readFileSync, statSync } from 'node:fs';
import { messageOf, UnderstudyError } from '../core/errors.ts';
import { isObject, type Json, parseJson } from '../core/json.ts';
import type { ModelPrice } from './prices.ts';

export interface PriceFile {
  readonly path: string;
  /** When it was last changed, YYYY-MM-DD. */
  readonly asOf: string;
  readonly prices: Readonly<Record<string, ModelPrice>>;
}

/** @throws UnderstudyError 'bad-config' where it cannot be read, or has not a single price. */
export function readPriceFile(path: string): PriceFile {
  let text: string;
  let asOf: string;
  try {
    text = readFileSync(path, 'utf8');
    asOf = statSync(path).mtime.toISOString().slice(0, 10);
  } catch (cause) {
    throw new UnderstudyError('bad-config', `The price file cannot be read: ${messageOf(cause)}`, {
      hint: 'Check costs.priceFile in the configuration.',
      cause,
    });
  }
  const prices = pricesIn(parseJson(text));
  if (Object.keys(prices).length > 0) return { path, asOf, prices };
  throw new UnderstudyError('bad-config', `${path} has no price of a model.`, {
    hint: 'It is to be LiteLLM’s model_prices_and_context_window.json, or a part of it.',
    data: { path },
  });
}

/** The entries with a price for input and output tokens. */
export function pricesIn(file: Json | undefined): Record<string, ModelPrice> {
  if (!isObject(file)) return {};
  return Object.fromEntries(
    Object.entries(file).flatMap(([model, entry]) => {
      if (!isObject(entry)) return [];
      const input = dollars(entry.input_cost_per_token);
      const output = dollars(entry.output_cost_per_token);
      // An embedding model has no output, and none of its calls are ours.
      if (input === null || output === null || model === 'sample_spec') return [];
      const cached = dollars(entry.cache_read_input_token_cost);
      const price: ModelPrice = {
        input_cost_per_token: input,
        output_cost_per_token: output,
        ...(cached === null ? {} : { cache_read_input_token_cost: cached }),
      };
      return [[model, price]];
    }),
  );
}

/** A number, also where it is written as text ("1e-06"); null for what is none. */
function dollars(value: Json | undefined): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : null;
}
