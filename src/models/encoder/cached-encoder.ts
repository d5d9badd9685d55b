/**
 * An encoder that remembers: several rungs are trained and tried on the same texts, which need to be embedded once.
 * Does not: keep anything on disk; texts are payload.
 */
import type { Encoder } from '../../core/runtime.ts';

/** About 46 MB of 384 dimensions. */
const MAX_TEXTS = 30_000;

const wrapped = new WeakMap<Encoder, Encoder>();

/** The same encoder with a memory, shared by all who ask for it; the oldest texts are forgotten first. */
export function cachedEncoder(encoder: Encoder): Encoder {
  const known = wrapped.get(encoder);
  if (known) return known;
  const vectors = new Map<string, Float32Array>();
  const made: Encoder = {
    name: encoder.name,
    dimensions: encoder.dimensions,
    embed: async (texts, signal) => {
      const missing = [...new Set(texts)].filter((text) => !vectors.has(text));
      const fresh = missing.length === 0 ? [] : await encoder.embed(missing, signal);
      const found = new Map(missing.map((text, i) => [text, fresh[i]!]));
      const out = texts.map((text) => found.get(text) ?? vectors.get(text)!);
      for (const [text, vector] of found) vectors.set(text, vector);
      for (const text of vectors.keys()) {
        if (vectors.size <= MAX_TEXTS) break;
        vectors.delete(text);
      }
      return out;
    },
  };
  wrapped.set(encoder, made);
  wrapped.set(made, made);
  return made;
}
