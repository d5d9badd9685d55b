/**
 * What a training may keep in memory: whether weights are laid out twice for speed, and how many tokens one run takes.
 * Does not: measure what is free. The plan follows from the budget alone, so that a resumed run cuts its steps as the
 * first one did and gives the same bits.
 */
import { UnderstudyError } from '../../core/errors.ts';
import type { DecoderShape } from './architecture.ts';
import type { RunLimits } from './batch.ts';
import { type Arithmetic, blockBytes } from './linear-layers.ts';

export interface MemoryPlan {
  readonly prepack: boolean;
  readonly limits: RunLimits;
  /** What it comes to, about. */
  readonly bytes: number;
}

/** Runs of about 700 tokens keep the matrix kernels busy; more than this gains nothing. */
const MAX_TOKENS = 1024;
/** Logits of a run, completion tokens times vocabulary: with 262,144 tokens they would outgrow everything else. */
const MAX_LOGITS = 1 << 25;
/** Node, ONNX Runtime, the graph, the LoRA matrices with gradients and moments; logits, probabilities, one more. */
const FIXED_BYTES = 500e6 + 3 * 4 * MAX_LOGITS;
/** A serialised graph may have 2 GiB (models/formats/onnx.ts); its nodes take a few MB of them. */
const MAX_GRAPH_BYTES = 2 ** 31 - 2 ** 25;

/**
 * @param longest Tokens of the longest sample.
 * @throws UnderstudyError 'unsupported' where not even that one fits into the budget.
 */
export function planMemory(
  shape: DecoderShape,
  longest: number,
  { budgetBytes, arithmetic }: { readonly budgetBytes: number; readonly arithmetic: Arithmetic },
): MemoryPlan {
  const { layers, vocab, hidden } = shape;
  const read = layers * blockBytes(shape, 'float32').own + 4 * 2 * vocab * hidden;
  const { own, made } = blockBytes(shape, arithmetic);
  const graph = layers * (own + made);
  const weights = FIXED_BYTES + read + layers * made;
  const perToken = tokenBytes(shape, longest);
  const plan = (prepack: boolean): MemoryPlan | null => {
    // ONNX Runtime keeps the weights of the graph and its own layout of them, beside those that were read.
    const fixed = prepack ? FIXED_BYTES + read + 2 * graph : weights;
    const tokens = Math.min(Math.max(MAX_TOKENS, longest), Math.floor((budgetBytes - fixed) / perToken));
    if (tokens < longest) return null;
    return {
      prepack,
      limits: {
        tokens,
        attention: Math.max(longest ** 2, tokens * MAX_TOKENS),
        labels: Math.floor(MAX_LOGITS / shape.vocab),
      },
      bytes: fixed + tokens * perToken,
    };
  };
  const fitting = (graph < MAX_GRAPH_BYTES ? plan(true) : null) ?? plan(false);
  if (fitting) return fitting;
  const needed = weights + longest * perToken;
  throw new UnderstudyError(
    'unsupported',
    `Training on examples of ${longest} tokens takes ${gigabytes(needed)} of memory, and ${gigabytes(budgetBytes)} are allowed.`,
    { hint: 'Raise train.memoryGb, lower maxTokens in the recipe, or choose a smaller base model.' },
  );
}

/** Values that the backward pass needs of a token: per block about ten of the stream's width, six of the FFN's, and its scores. */
const tokenBytes = ({ layers, hidden, heads, ffn }: DecoderShape, longest: number): number =>
  4 * layers * (10 * hidden + 6 * ffn + 3 * heads * longest);

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
