/**
 * What an answer costs beside the LLM's: a candidate that costs as much saves nothing, however good it is.
 * Does not: know prices (savings/prices), or count tokens.
 */
import { UnderstudyError } from '../core/errors.ts';
import type { Proposal, TokenPrice } from '../core/runtime.ts';
import type { Prediction } from '../core/specialist.ts';

/** A call of the task at the LLM, on average. */
export interface LlmFigures {
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Dollars; null where the model's price or the tokens are not known. */
  readonly cost: number | null;
  /** Half of the calls took less, milliseconds; null where that is not known. */
  readonly medianMs: number | null;
}

type Tokens = NonNullable<Prediction['usage']>;

const costOf = (price: TokenPrice, { promptTokens, completionTokens }: Tokens): number =>
  price.input * promptTokens + price.output * completionTokens;

/** Why a candidate would save nothing, from its price and the LLM's tokens; null where it would. */
export function whyNotCheaper({ price }: Pick<Proposal, 'price'>, llm: LlmFigures): string | null {
  if (price === undefined) return null;
  if (price === null) return 'What its answers cost is not known: give its `price` in the configuration.';
  const cost = costOf(price, llm);
  if (price.input === 0 && price.output === 0) return null;
  if (llm.cost === null)
    return 'What the LLM’s answers cost is not known, so nobody can say whether it is cheaper: give the price of the LLM’s model in `prices`.';
  return cost < llm.cost ? null : tooExpensive(cost, llm.cost);
}

/**
 * What an answer costs as a share of the LLM's, from the tokens that answers took; 0 where it costs nothing.
 * @param usages Of answers; where nobody counted them the LLM's tokens stand for them.
 * @throws UnderstudyError 'unsupported' where it costs as much.
 */
export function costShareOf(
  price: TokenPrice | null | undefined,
  usages: readonly (Tokens | undefined)[],
  llm: LlmFigures,
): number {
  if (!price || (price.input === 0 && price.output === 0) || llm.cost === null) return 0;
  const counted = usages.flatMap((usage) => (usage && usage.promptTokens > 0 ? [usage] : []));
  const mean = (of: keyof Tokens): number =>
    counted.length === 0 ? llm[of] : counted.reduce((sum, usage) => sum + usage[of], 0) / counted.length;
  const cost = costOf(price, {
    promptTokens: mean('promptTokens'),
    completionTokens: mean('completionTokens'),
  });
  if (cost < llm.cost) return cost / llm.cost;
  throw new UnderstudyError('unsupported', tooExpensive(cost, llm.cost), {
    hint: 'Name a cheaper model, or fewer examples or samples.',
  });
}

const tooExpensive = (cost: number, llm: number): string =>
  `An answer of it costs ${dollars(cost)}, one of the LLM ${dollars(llm)}: it would save nothing.`;

const dollars = (amount: number): string => `$${amount.toPrecision(2)}`;
