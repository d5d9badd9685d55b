/**
 * Finds people, addresses and numbers of persons in texts with a token classifier: pieces, windows, the model, and
 * entities of what it says. Runs in the caller's thread and on one core unless told otherwise; its time is linear in
 * the text.
 * Does not: fetch weights (models/weights.ts), or decide what is put in the entities' place (capture/).
 */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Entity, EntityFinder } from '../../core/entity.ts';
import { classProbabilities, decode } from './decode.ts';
import { classifierGraph, type Precision } from './graph.ts';
import { type Classes, classesOf } from './kinds.ts';
import { type Pieces, type Tokeniser, tokeniser, withoutEscapes } from './pieces.ts';
import { readClassifier } from './weights.ts';
import { type Window, windowsOf } from './windows.ts';
import { worthReading } from './worth-reading.ts';

export interface TokenClassifierOptions {
  /** Threads of one product; 1 unless told. */
  readonly threads?: number;
  /** 'int8' unless told: twice as fast, with the same entities but for a few in a thousand. */
  readonly precision?: Precision;
  /** Called after each window with the pieces that were read, for tests and measurements. */
  readonly onWindow?: (pieces: number) => void;
}

/** Pieces of a window; more take longer each, and find no more. */
const WINDOW = 126;

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
  const model: Model = {
    pieces: tokeniser(vocabulary),
    classes: classesOf(config.labels),
    most: Math.min(WINDOW, config.positions - 2),
    run: async (ids) => {
      const feeds = {
        ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]),
        positions: new Tensor(
          'int64',
          BigInt64Array.from({ length: ids.length }, (_, i) => BigInt(i)),
          [ids.length],
        ),
      };
      const { logits } = await session.run(feeds);
      options.onWindow?.(ids.length);
      return logits?.data as Float32Array;
    },
    labels: config.labels.length,
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

interface Model {
  readonly pieces: Tokeniser;
  readonly classes: Classes;
  readonly most: number;
  readonly labels: number;
  /** The logits of a sequence with its marks, [ids, labels]. */
  run(ids: readonly number[]): Promise<Float32Array>;
}

async function findIn(original: string, model: Model): Promise<readonly Entity[]> {
  if (!/[\p{L}\p{N}]/u.test(original)) return [];
  const text = withoutEscapes(original);
  const pieces = model.pieces.split(text, worthReading(text));
  const width = model.classes.meanings.length;
  const probabilities = new Float32Array(pieces.ids.length * width);
  for (const window of windowsOf(text, pieces, { most: model.most, shared: Math.floor(model.most / 4) }))
    await judge(window, pieces, model, probabilities);
  return decode(text, pieces, probabilities, model.classes);
}

/** Fills in the class probabilities of the pieces that a window judges. */
async function judge(window: Window, pieces: Pieces, model: Model, out: Float32Array): Promise<void> {
  const { cls, sep } = model.pieces;
  const logits = await model.run([cls, ...pieces.ids.slice(window.start, window.end), sep]);
  const width = model.classes.meanings.length;
  for (let i = window.from; i < window.to; i++)
    classProbabilities(logits, (1 + i - window.start) * model.labels, model.classes, out, i * width);
}
