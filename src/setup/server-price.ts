/** What the answers of a configured server cost. Does not: guess what nobody has said. */
import type { Config } from '../core/config.ts';
import type { PromptedServer } from '../core/config-prompted.ts';
import type { TokenPrice } from '../core/runtime.ts';
import { priceOf } from '../savings/prices.ts';

/** Its own price, else that of its model's name, else nothing where it runs on this machine; null: not known. */
export function priceOfServer(
  server: Pick<PromptedServer, 'price' | 'model' | 'baseUrl'>,
  prices: Config['prices'],
): TokenPrice | null {
  const { price, model, baseUrl } = server;
  if (price) return { input: price.input_cost_per_token, output: price.output_cost_per_token };
  if (isHere(new URL(baseUrl).hostname)) return { input: 0, output: 0 };
  const known = priceOf(model, prices);
  return known && { input: known.inputPerToken, output: known.outputPerToken };
}

const isHere = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
