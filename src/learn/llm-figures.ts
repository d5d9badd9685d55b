/**
 * What a task's calls cost and take at the LLM, from what was recorded of them. Joins savings/prices with select/cost.
 * Does not: guess a price that nobody gave.
 */
import type { Call } from '../core/call.ts';
import type { Config } from '../core/config.ts';
import { cost, priceOf } from '../savings/prices.ts';
import type { LlmFigures } from '../select/cost.ts';

/**
 * Of the calls that the LLM answered; those of which nothing is known count in no mean.
 * @param latencyOf Milliseconds that it takes, where the recorded ones are not its own. Default: as recorded.
 */
export function llmFigures(
  calls: readonly Call[],
  prices: Config['prices'],
  latencyOf: (call: Call) => number = ({ latencyMs }) => latencyMs,
): LlmFigures {
  const answered = calls.filter(({ served, response }) => served.by === 'llm' && response !== null);
  const used = answered.flatMap(({ request, response }) =>
    response?.usage ? [{ model: request.model, usage: response.usage }] : [],
  );
  const costs = used.flatMap(({ model, usage }) => {
    const price = priceOf(model, prices);
    return price === null ? [] : [cost(usage, price)];
  });
  const times = answered
    .flatMap((call) => (call.latencyMs > 0 ? [latencyOf(call)] : []))
    .sort((a, b) => a - b);
  return {
    promptTokens: mean(used.map(({ usage }) => usage.promptTokens)) ?? 0,
    completionTokens: mean(used.map(({ usage }) => usage.completionTokens)) ?? 0,
    cost: mean(costs),
    medianMs: times[Math.floor(times.length / 2)] ?? null,
  };
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
