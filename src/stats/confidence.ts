/**
 * From a specialist's signals to one probability of being right. The same function offline and online.
 * Does not: fit the weights (evaluate/confidence).
 */
import type { ConfidenceModel, Signals } from '../core/specialist.ts';

/** The log odds of a signal, kept finite; one that is missing, or no number, counts as the least sure. */
export function signalLogit(value: number | undefined): number {
  const p = Math.min(1 - 1e-6, Math.max(1e-6, value || 0));
  return Math.log(p / (1 - p));
}

/** The model's probability, in (0, 1), that an answer with these signals is right. */
export function confidenceOf(model: ConfidenceModel, signals: Signals): number {
  let sum = model.bias;
  for (let i = 0; i < model.signals.length; i++)
    sum += (model.weights[i] ?? 0) * signalLogit(signals[model.signals[i] ?? '']);
  return 1 / (1 + Math.exp(-sum));
}

/** Whether the input resembles those that the model was fitted on: no distribution signal is below its floor. */
export function isInDistribution({ floors = {} }: ConfidenceModel, signals: Signals): boolean {
  return Object.entries(floors).every(([name, floor]) => (signals[name] ?? 0) >= floor);
}
