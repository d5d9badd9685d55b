/**
 * Running an encoder with LoRA. The LoRA matrices are inputs of the graph: one session over one copy of the weights serves
 * every specialist of a process.
 * Does not: tokenise (bert.ts), or train (train/encoder).
 */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { GraphBuilder } from '../formats/onnx.ts';
import { bertForward } from './bert-forward.ts';
import { type Tuning, tuningLayout } from './bert-tuning.ts';
import type { BertWeights } from './bert-weights.ts';
import { packedFeeds, packTexts, type WindowedText, windowPool } from './packed-texts.ts';

export interface TunedBert {
  /** One unit vector per tokenised text, in order, by the encoder with these LoRA matrices. */
  embed(texts: readonly (readonly number[])[], tuning: Tuning): Promise<Float32Array[]>;
  /** The unit vector and the state of each token, [tokens, hidden], of a text in windows. */
  read(
    text: WindowedText,
    tuning: Tuning,
  ): Promise<{ readonly vector: Float32Array; readonly states: Float32Array }>;
  close(): Promise<void>;
}

export async function loadTunedBert(
  weights: BertWeights,
  options: InferenceSession.SessionOptions,
): Promise<TunedBert> {
  const g = new GraphBuilder('tuned-bert');
  const { hidden } = weights.config;
  const tape = bertForward(g, weights, 1);
  g.output(tape.vectors, 'float32', ['texts', hidden], 'vectors');
  g.output(tape.states, 'float32', ['tokens', hidden], 'states');
  const session = await InferenceSession.create(g.toBytes(), options);
  const tunedFeeds = ({ rank, parameters }: Tuning): Record<string, Tensor> =>
    Object.fromEntries(
      tuningLayout(weights, rank).map(({ name, rows, cols, offset }) => [
        name,
        new Tensor('float32', parameters.subarray(offset, offset + rows * cols), [rows, cols]),
      ]),
    );
  return {
    embed: async (texts, tuning) => {
      const feeds = { ...packedFeeds(packTexts(texts), weights.config), ...tunedFeeds(tuning) };
      const vectors = (await session.run(feeds, ['vectors'])).vectors?.data as Float32Array;
      return texts.map((_, i) => vectors.slice(i * hidden, (i + 1) * hidden));
    },
    read: async (text, tuning) => {
      const packed = packTexts(text.windows);
      const out = await session.run({
        ...packedFeeds(packed, weights.config),
        pool: new Tensor('float32', windowPool([text]), [1, packed.tokens]),
        ...tunedFeeds(tuning),
      });
      return { vector: out.vectors?.data as Float32Array, states: out.states?.data as Float32Array };
    },
    close: () => session.release(),
  };
}
