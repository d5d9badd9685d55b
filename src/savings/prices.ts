/**
 * What calls cost: a small dated table of list prices in the format of LiteLLM's
 * model_prices_and_context_window.json, and the sum for a call's tokens.
 * Does not: fetch prices, or know discounts. The user's own prices (configuration, `prices`) come first, then those of a file
 * that the user points at (price-file.ts).
 */
import type { Usage } from '../core/call.ts';
import type { PriceUsed } from '../core/demo-report.ts';

/** Dollars per token, by LiteLLM's names. */
export interface ModelPrice {
  readonly input_cost_per_token: number;
  readonly output_cost_per_token: number;
  readonly cache_read_input_token_cost?: number | undefined;
}

/** Day on which the table was last compared with the providers' published list prices. */
const AS_OF = '2026-05-27';
const OPENAI = 'list price, openai.com/api/pricing';
const ANTHROPIC = 'list price, docs.anthropic.com/en/docs/about-claude/pricing';

/** Dollars per million tokens: input, cached input, output. */
const PER_MILLION: Readonly<Record<string, readonly [number, number, number, string]>> = {
  'gpt-4.1': [2, 0.5, 8, OPENAI],
  'gpt-4.1-mini': [0.4, 0.1, 1.6, OPENAI],
  'gpt-4.1-nano': [0.1, 0.025, 0.4, OPENAI],
  'gpt-4o': [2.5, 1.25, 10, OPENAI],
  'gpt-4o-mini': [0.15, 0.075, 0.6, OPENAI],
  'gpt-5': [1.25, 0.125, 10, OPENAI],
  'gpt-5-mini': [0.25, 0.025, 2, OPENAI],
  'gpt-5-nano': [0.05, 0.005, 0.4, OPENAI],
  'o4-mini': [1.1, 0.275, 4.4, OPENAI],
  'claude-haiku-4-5': [1, 0.1, 5, ANTHROPIC],
  'claude-sonnet-4-5': [3, 0.3, 15, ANTHROPIC],
  'claude-sonnet-4-6': [3, 0.3, 15, ANTHROPIC],
};

/**
 * The price of a model, the user's own first. A provider prefix ('openai/gpt-4o') and a date at the end
 * ('gpt-4o-2024-08-06') are overlooked where the full name has no price of its own. Null where none is known:
 * a missing price is said, never guessed.
 */
export function priceOf(
  model: string,
  overrides: Readonly<Record<string, ModelPrice>> = {},
  file: {
    readonly path: string;
    readonly asOf: string;
    readonly prices: Readonly<Record<string, ModelPrice>>;
  } | null = null,
): PriceUsed | null {
  for (const name of namesOf(model)) {
    const own = Object.hasOwn(overrides, name) ? overrides[name] : undefined;
    if (own) return used(name, own, 'your configuration', '');
    const listed = file !== null && Object.hasOwn(file.prices, name) ? file.prices[name] : undefined;
    if (file !== null && listed) return used(name, listed, file.path, file.asOf);
    const built = Object.hasOwn(PER_MILLION, name) ? PER_MILLION[name] : undefined;
    if (built) {
      const [input, cached, output, source] = built;
      return {
        model: name,
        inputPerToken: input / 1e6,
        outputPerToken: output / 1e6,
        cachedInputPerToken: cached / 1e6,
        source,
        asOf: AS_OF,
      };
    }
  }
  return null;
}

function used(model: string, price: ModelPrice, source: string, asOf: string): PriceUsed {
  return {
    model,
    source,
    asOf,
    inputPerToken: price.input_cost_per_token,
    outputPerToken: price.output_cost_per_token,
    cachedInputPerToken: price.cache_read_input_token_cost ?? price.input_cost_per_token,
  };
}

/** Dollars for one call. Cached prompt tokens are part of the prompt tokens, at their own price. */
export function cost(usage: Usage, price: PriceUsed): number {
  const cached = Math.min(usage.cachedTokens, usage.promptTokens);
  return (
    (usage.promptTokens - cached) * price.inputPerToken +
    cached * price.cachedInputPerToken +
    usage.completionTokens * price.outputPerToken
  );
}

function namesOf(model: string): string[] {
  const bare = model.slice(model.lastIndexOf('/') + 1);
  const undated = bare.replace(/-(\d{4}-\d{2}-\d{2}|\d{8})$/, '');
  return [...new Set([model, bare, undated])];
}
