/**
 * Fits how the two that say whether a field is copied are weighed (models/tagger/presence): for each field a logistic
 * regression on their log odds, all of them of models that had not learnt from the example's session, so that the
 * probability can be trusted as far as it goes: also that nothing is there is a decision, with a risk of its own.
 * Does not: fit either of the two (fit-tags.ts, fit-choice.ts).
 */
import { COPY, type ExtractionPlan } from '../../models/extractor/plan.ts';
import type { Target } from '../../models/extractor/targets.ts';
import { PRESENCE_SIZE, type Presence } from '../../models/tagger/presence.ts';
import { MAX_ODDS } from '../../models/tagger/spans.ts';

/** Pulls the weights towards those of a field without examples, as strongly as about this many examples do. */
const RIDGE = 2;
const STEPS = 40;

/**
 * @param odds For each example the log odds that there is a value of each tag.
 * @param byHead For each chosen field, those of its head that it is copied, by example.
 */
export function fitPresence(
  plan: ExtractionPlan,
  targets: readonly Target[],
  odds: readonly (readonly number[])[],
  byHead: ReadonlyMap<number, Float64Array>,
): Presence {
  const presence: Presence = new Float32Array(plan.fields.length * PRESENCE_SIZE).fill(Number.NaN);
  plan.fields.forEach((field, i) => {
    const { tag, chosen, many, repeated, options } = field;
    if (tag === null || repeated || !options.includes(COPY)) return;
    // Of several values each stands for itself; whether there are any, only a head could say.
    if (many && !chosen) return;
    const head = chosen ? byHead.get(i) : undefined;
    if (chosen && head === undefined) return;
    // There is nothing else that it could be.
    if (!chosen && options.length === 1) {
      presence.set([0, 0, MAX_ODDS], i * PRESENCE_SIZE);
      return;
    }
    const rows = targets.flatMap((target, at) => {
      const isCopied = target.copied.get(i);
      return isCopied === undefined ? [] : [{ x: [odds[at]![tag]!, head?.[at] ?? 0, 1], isCopied }];
    });
    presence.set(fitWeights(rows, head === undefined ? [1, 0, 0] : [0.5, 0.5, 0]), i * PRESENCE_SIZE);
  });
  return presence;
}

interface Row {
  readonly x: readonly number[];
  readonly isCopied: boolean;
}

/** Newton's method for logistic regression with a ridge around `prior`; targets are Platt's (1999); weights stay above 0. */
function fitWeights(rows: readonly Row[], prior: readonly number[]): number[] {
  const positive = rows.filter(({ isCopied }) => isCopied).length;
  const [high, low] = [(positive + 1) / (positive + 2), 1 / (rows.length - positive + 2)];
  const ridge = [RIDGE, RIDGE, 0.01 * RIDGE];
  let w = [...prior];
  for (let step = 0; step < STEPS; step++) {
    const gradient = w.map((weight, j) => ridge[j]! * (weight - prior[j]!));
    const hessian = w.map((_, j) => w.map((_, k) => (j === k ? ridge[j]! : 0)));
    for (const { x, isCopied } of rows) {
      const p = 1 / (1 + Math.exp(-x.reduce((sum, value, j) => sum + value * w[j]!, 0)));
      const curve = Math.max(1e-6, p * (1 - p));
      for (let j = 0; j < w.length; j++) {
        gradient[j]! += (p - (isCopied ? high : low)) * x[j]!;
        for (let k = 0; k < w.length; k++) hessian[j]![k]! += curve * x[j]! * x[k]!;
      }
    }
    const change = solve(hessian, gradient);
    const size = Math.max(...change.map(Math.abs));
    // Damped: where nearly all is told apart a full step goes too far.
    w = w.map((weight, j) => {
      const next = weight - change[j]! * Math.min(1, 1 / Math.max(1e-12, size));
      return j < 2 ? Math.max(0, next) : next;
    });
    if (size < 1e-6) break;
  }
  return w;
}

/** Gaussian elimination, of a positive definite matrix. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const n = right.length;
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  for (let i = 0; i < n; i++)
    for (let j = i + 1; j < n; j++) {
      const factor = rows[j]![i]! / rows[i]![i]!;
      for (let k = i; k <= n; k++) rows[j]![k]! -= factor * rows[i]![k]!;
    }
  const out = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    let sum = rows[i]![n]!;
    for (let k = i + 1; k < n; k++) sum -= rows[i]![k]! * out[k]!;
    out[i] = sum / rows[i]![i]!;
  }
  return out;
}
