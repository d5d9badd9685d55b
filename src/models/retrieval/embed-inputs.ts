/**
 * The vectors of stored inputs: of each as a whole, and of its parts where all of them together are few enough.
 * Does not: know the encoder.
 */
import type { Encoder } from '../../core/runtime.ts';
import { encoderText } from '../classifier/linear.ts';
import type { DenseVectors } from './dense.ts';
import { fieldsOf } from './fields.ts';

/**
 * With more vectors than this only the inputs as wholes have one: a search reads them all, 3 ms for 10,000 of 384
 * dimensions, and making them takes 2 ms each.
 */
const MAX_VECTORS = 10_000;
/** An input of fewer fields is one thing, and its whole says it. */
const MIN_PARTS = 3;
/** Texts embedded between two looks at the signal. */
const BATCH = 64;

/** @param on Share that is done, in [0, 1]. @throws UnderstudyError as the encoder. */
export async function embedInputs(
  encoder: Encoder,
  inputs: readonly string[],
  { signal, on }: { readonly signal?: AbortSignal | undefined; readonly on?: (share: number) => void } = {},
): Promise<DenseVectors> {
  const parts = inputs.map(fieldsOf).map((fields) => (fields.length < MIN_PARTS ? [] : fields));
  const isFew = inputs.length + parts.reduce((sum, { length }) => sum + length, 0) <= MAX_VECTORS;
  const texts = inputs.flatMap((input, at) =>
    [encoderText(input), ...(isFew ? parts[at]! : [])].map((text) => ({ text, at })),
  );
  const { dimensions } = encoder;
  const vectors = new Float32Array(texts.length * dimensions);
  // Like lengths together: less padding in each batch.
  const order = [...texts.keys()].sort((a, b) => texts[a]!.text.length - texts[b]!.text.length);
  for (let from = 0; from < order.length; from += BATCH) {
    const batch = order.slice(from, from + BATCH);
    const made = await encoder.embed(
      batch.map((i) => texts[i]!.text),
      signal,
    );
    batch.forEach((i, k) => void vectors.set(made[k]!, i * dimensions));
    on?.(Math.min(1, (from + BATCH) / order.length));
  }
  return { dimensions, vectors, owners: Uint32Array.from(texts, ({ at }) => at) };
}
