/**
 * The encoder by way of a server's /v1/embeddings.
 * Does not: run the model (server/, models/bert.ts).
 */
import { UnderstudyError } from '../core/errors.ts';
import { isObject } from '../core/json.ts';
import type { Encoder } from '../core/runtime.ts';
import type { Client } from './client.ts';

/** Texts per request: enough to share runs, few enough that a request in between is soon served. */
const PER_REQUEST = 64;

/** @param client a server that answers with unit vectors of this many dimensions. */
export function remoteEncoder(options: {
  readonly client: Client;
  readonly name: string;
  readonly dimensions: number;
}): Encoder {
  const { client, name, dimensions } = options;
  return {
    name,
    dimensions,
    async embed(texts, signal) {
      // By length, so that a batch holds little padding.
      const order = texts.map((_, i) => i).sort((a, b) => texts[a]!.length - texts[b]!.length);
      const out = new Array<Float32Array>(texts.length);
      for (let at = 0; at < order.length; at += PER_REQUEST) {
        const batch = order.slice(at, at + PER_REQUEST);
        const input = batch.map((i) => texts[i]!);
        const answer = await client.post(
          '/v1/embeddings',
          { model: name, input, encoding_format: 'base64' },
          signal,
        );
        const data = isObject(answer) && Array.isArray(answer.data) ? answer.data : [];
        batch.forEach((i, k) => {
          const item = data[k];
          out[i] = decode(isObject(item) ? item.embedding : undefined, dimensions);
        });
      }
      return out;
    },
  };
}

/** Little-endian floats in base64, as OpenAI's API gives them. */
function decode(embedding: unknown, dimensions: number): Float32Array {
  const bytes = typeof embedding === 'string' ? Buffer.from(embedding, 'base64') : Buffer.alloc(0);
  if (bytes.length !== 4 * dimensions)
    throw new UnderstudyError('internal', 'The encoder gave a vector of the wrong size.', {
      hint: 'Check that the server runs the encoder of the configuration.',
    });
  return Float32Array.from({ length: dimensions }, (_, i) => bytes.readFloatLE(4 * i));
}
