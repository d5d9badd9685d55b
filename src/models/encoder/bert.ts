/**
 * The embedded encoder: a BERT (all-MiniLM-L6-v2) as an ONNX graph, its WordPiece tokenizer, mean pooling and
 * unit length, as sentence-transformers does it.
 * Does not: fetch weights (weights.ts), batch requests or run in a process of its own (runtime/).
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Tokenizer } from '@huggingface/tokenizers';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { UnderstudyError } from '../../core/errors.ts';
import { isObject, parseJson } from '../../core/json.ts';
import { CONTRIB, float, GraphBuilder, type Value } from '../formats/onnx.ts';
import { readPackedEncoder } from '../formats/packed-encoder.ts';
import { readSafetensors, type Safetensor } from '../formats/safetensors.ts';
import { loadTunedBert, type TunedBert } from './bert-lora.ts';
import type { Tuning } from './bert-tuning.ts';
import { bertWeights } from './bert-weights.ts';

export interface BertConfig {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly epsilon: number;
}

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

/** The weights as they are in the folder. @throws UnderstudyError 'unavailable', 'corrupt'. */
export function readBert(dir: string): {
  readonly config: BertConfig;
  readonly tensors: ReadonlyMap<string, Safetensor>;
  /** What tokenizer.json says. */
  readonly tokenizer: Readonly<Record<string, unknown>>;
} {
  const packed = join(dir, PACKED);
  if (existsSync(packed)) {
    const encoder = readPackedEncoder(packed);
    return { ...encoder, config: bertConfig(encoder.config) };
  }
  return {
    config: bertConfig(readJson(join(dir, 'config.json'))),
    tensors: readSafetensors(join(dir, 'model.safetensors')),
    tokenizer: readJson(join(dir, 'tokenizer.json')),
  };
}

/** A file that is configuration, tokenizer and weights in one (formats/packed-encoder.ts). */
const PACKED = 'packed.bin';

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

/**
 * The graph. Inputs: ids int64 [batch, width], positions int64 [width], lengths int32 [batch] (tokens that are not
 * padding, which stands at the right). Output: states float32 [batch, width, hidden].
 * ONNX Runtime's fused operators do attention, the residual norms and the exact (erf) GELU.
 */
export function bertGraph(config: BertConfig, weights: ReadonlyMap<string, Safetensor>): Uint8Array {
  const { hidden, layers, heads } = config;
  const g = new GraphBuilder('bert');
  const weight = (name: string): Safetensor => {
    const found = weights.get(name) ?? weights.get(`bert.${name}`);
    if (found === undefined)
      throw new UnderstudyError('corrupt', `The encoder's weights lack ${name}.`, {
        hint: 'Delete the folder and download it again.',
      });
    return found;
  };
  const constant = (name: string): Value => {
    const { dims, data } = weight(name);
    return g.initializer(name, { type: 'float32', dims, data });
  };
  const epsilon = float(config.epsilon);
  const ids = g.input('ids', 'int64', ['batch', 'width']);
  const positions = g.input('positions', 'int64', ['width']);
  const lengths = g.input('lengths', 'int32', ['batch']);

  const words = g.node('Gather', [constant('embeddings.word_embeddings.weight'), ids]);
  const places = g.node('Gather', [constant('embeddings.position_embeddings.weight'), positions]);
  // All tokens are of the first kind: there is never a second sentence.
  const kind = g.initializer('embeddings.first_type', {
    type: 'float32',
    dims: [hidden],
    data: weight('embeddings.token_type_embeddings.weight').data.slice(0, hidden),
  });
  const summed = g.node('Add', [g.node('Add', [words, places]), kind]);
  let x = g.node(
    'LayerNormalization',
    [summed, constant('embeddings.LayerNorm.weight'), constant('embeddings.LayerNorm.bias')],
    { axis: -1, epsilon },
  );
  for (let i = 0; i < layers; i++) {
    const p = `encoder.layer.${i}`;
    const linear = (name: string, input: Value): Value => {
      const { dims, data } = weight(`${p}.${name}.weight`);
      const [out, inner] = dims as [number, number];
      const w = g.initializer(`${p}.${name}.weight`, {
        type: 'float32',
        dims: [inner, out],
        data: transpose(data, out, inner),
      });
      return g.node('MatMul', [input, w]);
    };
    const norm = (name: string, input: Value, skip: Value, bias: string): Value =>
      g.node(
        'SkipLayerNormalization',
        [
          input,
          skip,
          constant(`${p}.${name}.weight`),
          constant(`${p}.${name}.bias`),
          constant(`${p}.${bias}.bias`),
        ],
        { epsilon },
        { domain: CONTRIB },
      );
    const attended = g.node(
      'Attention',
      [x, ...attentionWeights(g, weight, `${p}.attention.self`, hidden), lengths],
      { num_heads: heads },
      { domain: CONTRIB },
    );
    x = norm(
      'attention.output.LayerNorm',
      linear('attention.output.dense', attended),
      x,
      'attention.output.dense',
    );
    const wide = g.node(
      'BiasGelu',
      [linear('intermediate.dense', x), constant(`${p}.intermediate.dense.bias`)],
      {},
      { domain: CONTRIB },
    );
    x = norm('output.LayerNorm', linear('output.dense', wide), x, 'output.dense');
  }
  g.output(x, 'float32', ['batch', 'width', hidden], 'states');
  return g.toBytes();
}

/** The fused operator takes query, key and value side by side: weights [hidden, 3·hidden], bias [3·hidden]. */
function attentionWeights(
  g: GraphBuilder,
  weight: (name: string) => Safetensor,
  prefix: string,
  hidden: number,
): readonly Value[] {
  const data = new Float32Array(hidden * 3 * hidden);
  const bias = new Float32Array(3 * hidden);
  ['query', 'key', 'value'].forEach((part, k) => {
    const w = weight(`${prefix}.${part}.weight`).data;
    for (let o = 0; o < hidden; o++)
      for (let i = 0; i < hidden; i++) data[i * 3 * hidden + k * hidden + o] = w[o * hidden + i]!;
    bias.set(weight(`${prefix}.${part}.bias`).data, k * hidden);
  });
  return [
    g.initializer(`${prefix}.weight`, { type: 'float32', dims: [hidden, 3 * hidden], data }),
    g.initializer(`${prefix}.bias`, { type: 'float32', dims: [3 * hidden], data: bias }),
  ];
}

function transpose(data: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c]!;
  return out;
}

function bertConfig(config: Readonly<Record<string, unknown>>): BertConfig {
  const { hidden_size, num_hidden_layers, num_attention_heads, layer_norm_eps, hidden_act } = config;
  if (
    typeof hidden_size !== 'number' ||
    typeof num_hidden_layers !== 'number' ||
    typeof num_attention_heads !== 'number' ||
    hidden_act !== 'gelu'
  ) {
    throw new UnderstudyError('corrupt', "The encoder's config.json is not that of a BERT with GELU.", {
      hint: 'Delete the folder and download it again.',
    });
  }
  return {
    hidden: hidden_size,
    layers: num_hidden_layers,
    heads: num_attention_heads,
    epsilon: typeof layer_norm_eps === 'number' ? layer_norm_eps : 1e-12,
  };
}

function readJson(path: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new UnderstudyError('unavailable', `The encoder's file ${path} cannot be read.`, {
      hint: 'Check that the weights have been downloaded.',
      cause,
    });
  }
  const value = parseJson(text);
  if (isObject(value)) return value;
  throw new UnderstudyError('corrupt', `${path} is not JSON.`, {
    hint: 'Delete the file and download it again.',
  });
}
