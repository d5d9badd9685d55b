/**
 * The embedded encoder: a BERT (all-MiniLM-L6-v2) as an ONNX graph, its WordPiece tokenizer, mean pooling and
 * unit length, as sentence-transformers does it.
 * Does not: fetch weights (weights.ts), batch requests or run in a process of its own (runtime/).
 */
import { setImmediate } from 'node:timers/promises';
import { Tokenizer } from '@huggingface/tokenizers';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { isObject } from '../../core/json.ts';
import { bertGraph } from './bert-graph.ts';
import { loadTunedBert, type TunedBert } from './bert-lora.ts';
import type { Tuning } from './bert-tuning.ts';
import { bertWeights } from './bert-weights.ts';
import { readBert } from './read-bert.ts';

export interface Bert {
  readonly dimensions: number;
  /** Token ids with [CLS] and [SEP], cut to `maxTokens`. */
  tokenize(text: string): number[];
  /** One unit vector per text, in order; by the tuned encoder where a tuning is given. */
  embed(texts: readonly string[], tuning?: Tuning): Promise<Float32Array[]>;
  /** The encoder as tunings change it; its weights are loaded once more when this is first asked for. */
  tuned(): Promise<TunedBert>;
  /** Pieces of words, by their text. */
  readonly vocabulary: ReadonlyMap<string, number>;
  /** Most tokens that it reads at once. */
  readonly maxTokens: number;
  close(): Promise<void>;
}

/** What the model was trained with (its sentence_bert_config.json). */
const MAX_TOKENS = 256;

/**
 * Loads an encoder from a folder with config.json, tokenizer.json and model.safetensors, or with packed.bin.
 * @throws UnderstudyError 'unavailable', 'corrupt'.
 */
export async function loadBert(
  dir: string,
  options: { readonly threads?: number; readonly maxTokens?: number } = {},
): Promise<Bert> {
  const { config, tensors, tokenizer: tokenizerFile } = readBert(dir);
  const tokenizer = new Tokenizer(tokenizerFile, {});
  const sessionOptions: InferenceSession.SessionOptions = {
    intraOpNumThreads: options.threads ?? 1,
    interOpNumThreads: 1,
    // Spinning threads would take the cores from the gateway between two batches.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
  const session = await InferenceSession.create(bertGraph(config, tensors), sessionOptions);
  // Opened when the first specialist of a tuned encoder is asked: it holds the weights once more, for all of them.
  let tuned: Promise<TunedBert> | null = null;
  const openTuned = (): Promise<TunedBert> => {
    tuned ??= loadTunedBert(bertWeights(config, readBert(dir).tensors), sessionOptions);
    tuned.catch(() => {
      tuned = null;
    });
    return tuned;
  };
  const positions = tensors.get('embeddings.position_embeddings.weight')?.dims[0] ?? MAX_TOKENS;
  const maxTokens = Math.min(positions, options.maxTokens ?? MAX_TOKENS);
  const tokenize = (text: string): number[] => {
    const ids = tokenizer.encode(text).ids;
    const end = ids.at(-1);
    return ids.length <= maxTokens || end === undefined ? ids : [...ids.slice(0, maxTokens - 1), end];
  };
  return {
    dimensions: config.hidden,
    vocabulary: vocabularyOf(tokenizerFile),
    maxTokens,
    tuned: openTuned,
    tokenize,
    embed: async (texts, tuning) => {
      const tokens = texts.map(tokenize);
      if (tuning === undefined) return embedAll(tokens, (batch) => run(session, config.hidden, batch));
      const bert = await openTuned();
      return embedAll(tokens, (batch) => bert.embed(batch, tuning));
    },
    close: async () => {
      await (await tuned?.catch(() => null))?.close();
      await session.release();
    },
  };
}

/** The WordPiece vocabulary in a tokenizer's file; empty where it has none. */
function vocabularyOf({ model }: Readonly<Record<string, unknown>>): ReadonlyMap<string, number> {
  const vocabulary = isObject(model) && isObject(model.vocab) ? model.vocab : {};
  return new Map(Object.entries(vocabulary).map(([piece, id]) => [piece, Number(id)]));
}

/** Tokens (padding included) that go through the graph at once: bounds memory and how long one run blocks. */
const TOKENS_PER_RUN = 2048;

/** Texts of like length share a run, so that little of it is padding. */
async function embedAll(
  texts: readonly number[][],
  run: (batch: readonly number[][]) => Promise<Float32Array[]>,
): Promise<Float32Array[]> {
  const order = texts.map((_, i) => i).sort((a, b) => texts[a]!.length - texts[b]!.length);
  const out: Float32Array[] = new Array<Float32Array>(texts.length);
  let at = 0;
  while (at < order.length) {
    let n = 1;
    while (at + n < order.length && texts[order[at + n]!]!.length * (n + 1) <= TOKENS_PER_RUN) n++;
    const batch = order.slice(at, at + n);
    const vectors = await run(batch.map((i) => texts[i]!));
    batch.forEach((i, k) => {
      out[i] = vectors[k]!;
    });
    at += n;
    // A run blocks the thread; between two, others in the process have their turn.
    if (at < order.length) await setImmediate();
  }
  return out;
}

async function run(
  session: InferenceSession,
  hidden: number,
  batch: readonly number[][],
): Promise<Float32Array[]> {
  const width = Math.max(...batch.map((ids) => ids.length));
  const ids = new BigInt64Array(batch.length * width);
  batch.forEach((row, i) => {
    row.forEach((id, j) => {
      ids[i * width + j] = BigInt(id);
    });
  });
  const result = await session.run({
    ids: new Tensor('int64', ids, [batch.length, width]),
    positions: new Tensor(
      'int64',
      BigInt64Array.from({ length: width }, (_, i) => BigInt(i)),
      [width],
    ),
    lengths: new Tensor(
      'int32',
      Int32Array.from(batch, (row) => row.length),
      [batch.length],
    ),
  });
  const states = result.states?.data as Float32Array;
  return batch.map((row, i) => meanPool(states, i * width * hidden, row.length, hidden));
}

/** The mean of the tokens' states, scaled to length one. */
function meanPool(states: Float32Array, start: number, tokens: number, hidden: number): Float32Array {
  const sum = new Float64Array(hidden);
  for (let t = 0; t < tokens; t++) {
    const row = start + t * hidden;
    for (let h = 0; h < hidden; h++) sum[h]! += states[row + h]!;
  }
  const norm = Math.hypot(...sum) || 1;
  return Float32Array.from(sum, (value) => value / norm);
}
