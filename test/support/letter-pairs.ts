/** A real, if tiny, encoder: a fixed random projection of letter pairs, to unit length. */
import { seededRandom } from '../../src/core/random.ts';
import type { Encoder } from '../../src/core/runtime.ts';

const DIMENSIONS = 32;

export const letterPairs: Encoder = {
  name: 'letter-pairs',
  dimensions: DIMENSIONS,
  embed: async (texts) =>
    texts.map((text) => {
      const vector = new Float32Array(DIMENSIONS);
      for (let i = 0; i + 1 < text.length; i++) {
        const random = seededRandom(text.charCodeAt(i) * 4099 + text.charCodeAt(i + 1));
        for (let d = 0; d < DIMENSIONS; d++) vector[d]! += random.normal();
      }
      const norm = Math.hypot(...vector) || 1;
      return vector.map((x) => x / norm);
    }),
};
