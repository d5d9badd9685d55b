/**
 * Finds people, addresses and numbers of persons in texts with a token classifier: pieces, windows, the model, and
 * entities of what it says. Runs in the caller's thread and on one core by default; its time is linear in
 * the text.
 * Does not: fetch weights (models/weights/weights.ts), or decide what is put in the entities' place (capture/).
 */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Entity, EntityFinder } from '../../core/entity.ts';
import { classProbabilities, decode } from './decode.ts';
import { classifierGraph, type Precision } from './graph.ts';
import { type Classes, classesOf } from './kinds.ts';
import { type Tokeniser, tokeniser, withoutEscapes } from './pieces.ts';
import { readClassifier } from './weights.ts';
import { windowsOf } from './windows.ts';
import { worthReading } from './worth-reading.ts';

export interface TokenClassifierOptions {
  /** Threads of one product. Default: 1. */
  readonly threads?: number;
  /** Default: 'int8', which is twice as fast and finds the same entities but for a few in a thousand. */
  readonly precision?: Precision;
  /** Called after each window with the pieces that were read, for tests and measurements. */
  readonly onWindow?: (pieces: number) => void;
}

/** Pieces of a window; more take longer each, and find no more. */
const WINDOW = 126;
/** Windows whose result is kept: about 12 MB. */
const REMEMBERED = 2000;

/**
 * @param path Folder with config.json, tokenizer.json and model_q4.onnx (ensureWeights gives it).
 * @throws UnderstudyError 'unavailable' (a file is not there), 'corrupt'.
 */
export async function openTokenClassifier(
  path: string,
  options: TokenClassifierOptions = {},
): Promise<EntityFinder> {
  const { config, tensors, vocabulary } = readClassifier(path);
  const session = await InferenceSession.create(
    classifierGraph(config, tensors, options.precision ?? 'int8', { from: 0, to: config.layers }),
    {
      intraOpNumThreads: options.threads ?? 1,
      interOpNumThreads: 1,
      extra: { session: { intra_op: { allow_spinning: '0' } } },
      // Higher levels join additions and norms into an operator that takes three times as long as the two.
      graphOptimizationLevel: 'basic',
    },
  );
  const classes = classesOf(config.labels);
  const tokens = tokeniser(vocabulary);
  const read = async (pieces: readonly number[]): Promise<Float32Array> => {
    const ids = [tokens.cls, ...pieces, tokens.sep];
    const { logits } = await session.run({
      ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]),
      positions: new Tensor('int64', BigInt64Array.from(ids.keys(), BigInt), [ids.length]),
    });
    options.onWindow?.(ids.length);
    const width = classes.meanings.length;
    const out = new Float32Array(pieces.length * width);
    for (let i = 0; i < pieces.length; i++)
      classProbabilities(
        logits?.data as Float32Array,
        (1 + i) * config.labels.length,
        classes,
        out,
        i * width,
      );
    return out;
  };
  const model: Model = {
    tokens,
    classes,
    most: Math.min(WINDOW, config.positions - 2),
    read: withCache(read, REMEMBERED),
  };
  return {
    find: async (texts) => {
      const out: (readonly Entity[])[] = [];
      for (const text of texts) out.push(await findIn(text, model));
      return out;
    },
    close: () => session.release(),
  };
}

/** The class probabilities [pieces, classes] of a window's pieces. */
type Read = (pieces: readonly number[]) => Promise<Float32Array>;

interface Model {
  readonly tokens: Tokeniser;
  readonly classes: Classes;
  /** Pieces of a window. */
  readonly most: number;
  readonly read: Read;
}

async function findIn(original: string, { tokens, classes, most, read }: Model): Promise<readonly Entity[]> {
  if (!/[\p{L}\p{N}]/u.test(original)) return [];
  const text = withoutEscapes(original);
  const pieces = tokens.split(text, worthReading(text));
  const width = classes.meanings.length;
  const probabilities = new Float32Array(pieces.ids.length * width);
  for (const { start, end, from, to } of windowsOf(text, pieces, { most, shared: Math.floor(most / 4) })) {
    const window = await read(pieces.ids.slice(start, end));
    probabilities.set(window.subarray((from - start) * width, (to - start) * width), from * width);
  }
  return decode(text, pieces, probabilities, classes);
}

/** As `read`, but for windows met lately: prompts and tool results have much in common. The oldest is forgotten. */
function withCache(read: Read, most: number): Read {
  const known = new Map<string, Float32Array>();
  return async (pieces) => {
    const key = String.fromCharCode(...pieces);
    const seen = known.get(key);
    const made = seen ?? (await read(pieces));
    known.delete(key);
    known.set(key, made);
    const [oldest] = known.keys();
    if (known.size > most && oldest !== undefined) known.delete(oldest);
    return made;
  };
}
