/** A random LoRA adapter for the tiny model of the tests, strong enough to change its answers. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../../src/core/random.ts';
import type { Artefact } from '../../src/core/specialist.ts';
import { type GgufTensorData, writeGguf } from '../../src/models/formats/gguf/write.ts';

export function tinyAdapter(dir: string, seed: number): Artefact {
  const random = seededRandom(seed);
  const path = join(dir, `adapter-${seed}.gguf`);
  const matrix = (name: string, dims: readonly [number, number]): GgufTensorData => ({
    name,
    dims,
    format: 'F32',
    data: Float32Array.from({ length: dims[0] * dims[1] }, () => 0.3 * random.normal()),
  });
  writeGguf(
    path,
    {
      'general.architecture': { string: 'llama' },
      'general.type': { string: 'adapter' },
      'adapter.type': { string: 'lora' },
      'adapter.lora.alpha': { float32: 8 },
    },
    [0, 1].flatMap((layer) => [
      matrix(`blk.${layer}.attn_q.weight.lora_a`, [32, 4]),
      matrix(`blk.${layer}.attn_q.weight.lora_b`, [4, 32]),
      matrix(`blk.${layer}.ffn_down.weight.lora_a`, [48, 4]),
      matrix(`blk.${layer}.ffn_down.weight.lora_b`, [4, 32]),
    ]),
  );
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
  return { rung: 'lora', base: 'tiny', path, sha256, trainedMs: 0, figures: {} };
}
