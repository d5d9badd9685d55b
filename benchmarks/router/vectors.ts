/**
 * The questions' vectors by the product's encoder, kept beside its weights, as fifteen thousand take minutes.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { contentHash } from '../../src/core/ids.ts';
import { encoderText } from '../../src/models/classifier/linear.ts';
import { CATALOGUE, DEFAULT_ENCODER } from '../../src/models/weights/catalogue.ts';
import { ensureWeights } from '../../src/models/weights/weights.ts';
import { startModels } from '../../src/runtime/models.ts';

const HOME = resolve(import.meta.dirname, '../../.understudy');
/** Texts between two lines of progress. */
const BATCH = 1024;

export async function vectorsOf(texts: readonly string[]): Promise<Float32Array[]> {
  const dimensions = CATALOGUE.find(({ name }) => name === DEFAULT_ENCODER)?.dimensions ?? 384;
  const read = texts.map(encoderText);
  const file = join(HOME, 'benchmarks', `router-${contentHash(JSON.stringify([DEFAULT_ENCODER, read]), 16)}`);
  if (!existsSync(file)) {
    const { path } = await ensureWeights(DEFAULT_ENCODER, { dataDir: HOME, env: process.env });
    const models = await startModels({ encoder: { name: DEFAULT_ENCODER, path, dimensions } });
    const all = new Float32Array(read.length * dimensions);
    try {
      for (let at = 0; at < read.length; at += BATCH) {
        const vectors = (await models.encoder?.embed(read.slice(at, at + BATCH))) ?? [];
        vectors.forEach((vector, i) => {
          all.set(vector, (at + i) * dimensions);
        });
        console.error(`${Math.min(read.length, at + BATCH)} of ${read.length} questions embedded`);
      }
    } finally {
      await models.close();
    }
    mkdirSync(join(HOME, 'benchmarks'), { recursive: true });
    writeFileSync(file, Buffer.from(all.buffer));
  }
  const bytes = readFileSync(file);
  return read.map((_, i) =>
    Float32Array.from({ length: dimensions }, (_, d) => bytes.readFloatLE(4 * (i * dimensions + d))),
  );
}
