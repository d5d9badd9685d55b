/**
 * Logistic regression with a ridge on rows of sparse and dense features, by L-BFGS (Liu & Nocedal 1989). The problem is
 * convex, so that the result depends on the data alone: no seed, no step size.
 * Does not: make features, or choose the ridge (outcome.ts).
 */

/** Features of examples: a few sparse ones of unit-length rows, and dense ones, one row after the other. */
export interface Design {
  readonly rows: number;
  readonly sparseWidth: number;
  /** Row i has its places and values from starts[i] to starts[i + 1]. */
  readonly starts: Uint32Array;
  readonly places: Uint16Array;
  readonly values: Float32Array;
  readonly denseWidth: number;
  /** [rows, denseWidth]. */
  readonly dense: Float32Array;
}

export interface LogisticTask {
  readonly design: Design;
  /** Rows to learn from. */
  readonly use: Uint32Array;
  /** Of each row of the design, in [0, 1]; shares are allowed. */
  readonly targets: Float32Array;
  /** Of each row of the design, above 0. */
  readonly weights: Float32Array;
}

/** Rows of the history of L-BFGS, steps at most, and the gradient (as a share of the weight) at which it ends. */
const [MEMORY, MAX_STEPS, TOLERANCE] = [8, 100, 3e-4];

/**
 * Weights in the order sparse, dense, bias, that minimise Σ weight · log loss + ridge / 2 · Σ weights²; the bias is free.
 * @param start weights of a similar task, from which it takes fewer steps.
 */
export function fitLogistic(task: LogisticTask, ridge: number, start?: Float64Array): Float64Array {
  const size = task.design.sparseWidth + task.design.denseWidth + 1;
  let total = 0;
  for (const row of task.use) total += task.weights[row]!;
  let x: Float64Array = start ?? new Float64Array(size);
  let { loss, gradient } = lossOf(task, ridge, x);
  const curvature = curvatureOf(task, ridge, total);
  const history: { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[] = [];
  for (let step = 0; step < MAX_STEPS && largest(gradient) > TOLERANCE * total; step++) {
    const direction = directionOf(gradient, history, curvature);
    const slope = dot(direction, gradient);
    let rate = 1;
    let next = moved(x, direction, rate);
    let reached = lossOf(task, ridge, next);
    // Armijo's rule: halve the step until the loss falls by a share of what the slope promises.
    while (reached.loss > loss + 1e-4 * rate * slope && rate > 1e-6) {
      rate /= 2;
      next = moved(x, direction, rate);
      reached = lossOf(task, ridge, next);
    }
    if (reached.loss >= loss) break;
    const s = next.map((value, i) => value - x[i]!);
    const y = reached.gradient.map((value, i) => value - gradient[i]!);
    const curve = dot(s, y);
    if (curve > 1e-12) history.push({ s, y, rho: 1 / curve });
    if (history.length > MEMORY) history.shift();
    x = next;
    loss = reached.loss;
    gradient = reached.gradient;
  }
  return x;
}

/** The row's probability under weights in the order of fitLogistic. */
export function logisticAt(design: Design, weights: Float64Array, row: number): number {
  return 1 / (1 + Math.exp(-scoreAt(design, weights, row)));
}

function scoreAt(design: Design, weights: Float64Array, row: number): number {
  const { starts, places, values, sparseWidth, denseWidth, dense } = design;
  let sum = weights[sparseWidth + denseWidth]!;
  for (let i = starts[row]!; i < starts[row + 1]!; i++) sum += values[i]! * weights[places[i]!]!;
  const from = row * denseWidth;
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let d = 0;
  // Four sums, as each addition waits for the one before.
  for (; d + 3 < denseWidth; d += 4) {
    s0 += dense[from + d]! * weights[sparseWidth + d]!;
    s1 += dense[from + d + 1]! * weights[sparseWidth + d + 1]!;
    s2 += dense[from + d + 2]! * weights[sparseWidth + d + 2]!;
    s3 += dense[from + d + 3]! * weights[sparseWidth + d + 3]!;
  }
  for (; d < denseWidth; d++) sum += dense[from + d]! * weights[sparseWidth + d]!;
  return sum + s0 + s1 + s2 + s3;
}

interface Loss {
  readonly loss: number;
  readonly gradient: Float64Array;
}

function lossOf({ design, use, targets, weights }: LogisticTask, ridge: number, x: Float64Array): Loss {
  const { starts, places, values, sparseWidth, denseWidth, dense } = design;
  const bias = sparseWidth + denseWidth;
  const gradient = new Float64Array(x.length);
  let loss = 0;
  for (let j = 0; j < bias; j++) {
    loss += 0.5 * ridge * x[j]! * x[j]!;
    gradient[j] = ridge * x[j]!;
  }
  for (const row of use) {
    const score = scoreAt(design, x, row);
    const target = targets[row]!;
    // ln(1 + e^score) − target · score, without overflow.
    loss += weights[row]! * (Math.max(0, score) + Math.log1p(Math.exp(-Math.abs(score))) - target * score);
    const miss = weights[row]! * (1 / (1 + Math.exp(-score)) - target);
    for (let i = starts[row]!; i < starts[row + 1]!; i++) gradient[places[i]!]! += miss * values[i]!;
    const from = row * denseWidth;
    for (let d = 0; d < denseWidth; d++) gradient[sparseWidth + d]! += miss * dense[from + d]!;
    gradient[bias]! += miss;
  }
  return { loss, gradient };
}

/**
 * An estimate of the second derivative by each weight, at the share of positive targets: frequent words, rare ones and
 * the bias differ by orders of magnitude, and without it the search takes several times as many steps.
 */
function curvatureOf(
  { design, use, targets, weights }: LogisticTask,
  ridge: number,
  total: number,
): Float64Array {
  const { starts, places, values, sparseWidth, denseWidth, dense } = design;
  let positive = 0;
  for (const row of use) positive += weights[row]! * targets[row]!;
  const p = (positive + 1) / (total + 2);
  const out = new Float64Array(sparseWidth + denseWidth + 1);
  for (const row of use) {
    const weight = p * (1 - p) * weights[row]!;
    for (let i = starts[row]!; i < starts[row + 1]!; i++) out[places[i]!]! += weight * values[i]! ** 2;
    for (let d = 0; d < denseWidth; d++) out[sparseWidth + d]! += weight * dense[row * denseWidth + d]! ** 2;
  }
  for (let j = 0; j < sparseWidth + denseWidth; j++) out[j]! += Math.max(ridge, 1e-9);
  out[sparseWidth + denseWidth] = Math.max(1e-9, total * p * (1 - p));
  return out;
}

/** The two-loop recursion (Nocedal & Wright, algorithm 7.4), begun from the estimated curvature. */
function directionOf(
  gradient: Float64Array,
  history: readonly { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[],
  curvature: Float64Array,
): Float64Array {
  const q = gradient.map((value) => -value);
  const alphas: number[] = [];
  for (const { s, y, rho } of history.toReversed()) {
    const alpha = rho * dot(s, q);
    alphas.push(alpha);
    addTo(q, y, -alpha);
  }
  const last = history.at(-1);
  let scale = 1;
  if (last) {
    let sum = 0;
    for (let j = 0; j < curvature.length; j++) sum += last.y[j]! ** 2 / curvature[j]!;
    scale = 1 / (last.rho * sum);
  }
  for (let j = 0; j < q.length; j++) q[j]! *= scale / curvature[j]!;
  history.forEach(({ s, y, rho }, i) => {
    addTo(q, s, alphas[history.length - 1 - i]! - rho * dot(y, q));
  });
  return q;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function addTo(a: Float64Array, b: Float64Array, factor: number): void {
  for (let i = 0; i < a.length; i++) a[i]! += factor * b[i]!;
}

function moved(x: Float64Array, direction: Float64Array, rate: number): Float64Array {
  return x.map((value, i) => value + rate * direction[i]!);
}

function largest(values: Float64Array): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}
