/** A model's price, in words. */
import { money } from './words.ts';

/** 'gpt-4.1: $2.00 in, $0.50 cached, $8.00 out per million tokens (source, date)'. */
export function priceText(price: {
  readonly model: string;
  readonly inputPerToken: number;
  readonly cachedInputPerToken: number;
  readonly outputPerToken: number;
  readonly source: string;
  readonly asOf: string;
}): string {
  const per = (dollars: number): string => money(dollars * 1e6);
  return `${price.model}: ${per(price.inputPerToken)} in, ${per(price.cachedInputPerToken)} cached, ${per(price.outputPerToken)} out per million tokens (${price.source}${price.asOf === '' ? '' : `, ${price.asOf}`})`;
}
