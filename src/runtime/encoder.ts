/**
 * The encoder by way of servers' /v1/embeddings, and /pooling for what is said of each unit of a text.
 * Does not: run the model (server/, models/encoder/bert.ts).
 */
import { UnderstudyError } from '../core/errors.ts';
import { isObject, type Json, type JsonObject } from '../core/json.ts';
import type { Encoder } from '../core/runtime.ts';
import type { Client } from './client.ts';
import { sharing } from './load-balancer.ts';

/** Texts per request: enough to share runs, few enough that a request in between is soon served. */
const PER_REQUEST = 32;

/** @param clients servers, at least one, that answer with unit vectors of this many dimensions; the work is shared. */
export function remoteEncoder(options: {
  readonly clients: readonly Client[];
  readonly name: string;
  readonly dimensions: number;
}): Encoder {
  const { clients, name, dimensions } = options;
  const share = sharing(clients);
  const encoderWith = (more: JsonObject): Encoder => ({
    name,
    dimensions,
    tunedBy: ({ path }) => encoderWith({ lora_path: path }),
    readBy: async ({ path }, input, signal) => {
      const body = { model: name, input: [input], encoding_format: 'base64', lora_path: path };
      const answer = await share((client) => client.post('/pooling', body, signal));
      const [said] = isObject(answer) && Array.isArray(answer.data) ? answer.data : [];
      const { options, tags, familiarity } = isObject(said) ? said : {};
      return { options: floatsOf(options), tags: floatsOf(tags), familiarity: Number(familiarity ?? 0) };
    },
    async embed(texts, signal) {
      const post = (input: string[]): Promise<Json> => {
        const body = { model: name, input, encoding_format: 'base64', ...more };
        return share((client) => client.post('/v1/embeddings', body, signal));
      };
      // By length, so that a batch holds little padding; longest first, so that the servers end together.
      const order = texts.map((_, i) => i).sort((a, b) => texts[b]!.length - texts[a]!.length);
      const out = new Array<Float32Array>(texts.length);
      let at = 0;
      const work = async (): Promise<void> => {
        while (at < order.length) {
          const batch = order.slice(at, at + PER_REQUEST);
          at += PER_REQUEST;
          const answer = await post(batch.map((i) => texts[i]!));
          const data = isObject(answer) && Array.isArray(answer.data) ? answer.data : [];
          batch.forEach((i, k) => {
            const item = data[k];
            out[i] = decode(isObject(item) ? item.embedding : undefined, dimensions);
          });
        }
      };
      await Promise.all(clients.map(work));
      return out;
    },
  });
  return encoderWith({});
}

/** Little-endian floats in base64, as OpenAI's API gives them. */
function floatsOf(encoded: unknown): Float32Array {
  const bytes = typeof encoded === 'string' ? Buffer.from(encoded, 'base64') : Buffer.alloc(0);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
}

function decode(embedding: unknown, dimensions: number): Float32Array {
  const vector = floatsOf(embedding);
  if (vector.length === dimensions) return vector;
  throw new UnderstudyError('internal', 'The encoder gave a vector of the wrong size.', {
    hint: 'Check that the server runs the encoder of the configuration.',
  });
}
