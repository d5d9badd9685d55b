/**
 * Multinomial logistic regression on sparse and dense features, by stochastic gradient steps with AdaGrad rates
 * (Duchi et al. 2011). Few epochs of small steps are the regularisation. One core, seeded, the same result every time.
 * Does not: make features (models/lexical, an Encoder).
 */

import { UnderstudyError } from '../../core/errors.ts';
import { seededRandom } from '../../core/random.ts';
import type { Sparse } from '../../models/classifier/lexical.ts';
import { addLogits, type LinearWeights, softmax } from '../../models/classifier/linear.ts';

export interface FitInput {
  /** Per example; null where there are no lexical features. */
  readonly sparse: readonly Sparse[] | null;
  /** Per example; null where there is no encoder. */
  readonly dense: readonly Float32Array[] | null;
  /** Class of each example. */
  readonly labels: Uint32Array;
  /** Weight of each example. */
  readonly weights: Float32Array;
  readonly classes: number;
  /** Size of the lexical vocabulary; dense rows come after it. */
  readonly lexicalRows: number;
}

export interface FitOptions {
  readonly epochs: number;
  /** First step size on the lexical features. */
  readonly rate: number;
  /** First step size on the dense features: larger, as they are few and each tells more. */
  readonly denseRate: number;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  readonly onEpoch?: ((done: number) => void) | undefined;
}

/** Gradients below this are not worth a step; most classes of most examples are. */
const NEGLIGIBLE = 1e-3;

/** @throws UnderstudyError 'cancelled'. */
export async function fitLinear(input: FitInput, options: FitOptions): Promise<LinearWeights> {
  const { sparse, dense, labels, classes, lexicalRows } = input;
  const rows = lexicalRows + (dense?.[0]?.length ?? 0);
  const weights = new Float32Array(rows * classes);
  const squares = new Float32Array(rows * classes).fill(1e-6);
  const bias = new Float32Array(classes);
  const biasSquares = new Float32Array(classes).fill(1e-6);
  const model = { weights, bias };
  const logits = new Float64Array(classes);
  const active = new Uint32Array(classes);
  const random = seededRandom(options.seed);
  const order = Array.from(labels.keys());

  for (let epoch = 0; epoch < options.epochs; epoch++) {
    // Linear fall to a tenth: big steps find the place, small ones settle.
    const fall = 1 - (0.9 * epoch) / Math.max(1, options.epochs - 1);
    const rate = options.rate * fall;
    const denseRate = options.denseRate * fall;
    for (const i of random.shuffle(order)) {
      addLogits(model, sparse?.[i] ?? null, dense?.[i] ?? null, lexicalRows, logits);
      softmax(logits);
      logits[labels[i]!]! -= 1;
      let count = 0;
      for (let c = 0; c < classes; c++) {
        const g = logits[c]! * input.weights[i]!;
        logits[c] = g;
        if (g > NEGLIGIBLE || g < -NEGLIGIBLE) active[count++] = c;
      }
      if (count === 0) continue;
      const step = (from: number, value: number, rate: number): void => {
        for (let k = 0; k < count; k++) {
          const c = active[k]!;
          const at = from + c;
          const g = logits[c]! * value;
          const square = squares[at]! + g * g;
          squares[at] = square;
          weights[at]! -= (rate * g) / Math.sqrt(square);
        }
      };
      const terms = sparse?.[i];
      if (terms)
        for (let t = 0; t < terms.places.length; t++)
          step(terms.places[t]! * classes, terms.values[t]!, rate);
      const vector = dense?.[i];
      if (vector)
        for (let d = 0; d < vector.length; d++) step((lexicalRows + d) * classes, vector[d]!, denseRate);
      for (let k = 0; k < count; k++) {
        const c = active[k]!;
        biasSquares[c]! += logits[c]! * logits[c]!;
        bias[c]! -= (rate * logits[c]!) / Math.sqrt(biasSquares[c]!);
      }
    }
    options.onEpoch?.(epoch + 1);
    // Lets timers and signals through between epochs.
    await new Promise((resolve) => setImmediate(resolve));
    if (options.signal?.aborted)
      throw new UnderstudyError('cancelled', 'Fitting the linear model was cancelled.', {
        hint: 'Run `understudy learn` again.',
      });
  }
  return model;
}
