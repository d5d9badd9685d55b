/**
 * The trained LoRA matrices as a GGUF adapter in llama.cpp's convention (convert_lora_to_gguf.py): A is stored
 * [rank, in], B [out, rank], and the adapter is applied with alpha / rank.
 */
import { type GgufTensorData, writeGguf } from '../../models/formats/gguf/write.ts';
import type { DecoderShape } from './architecture.ts';
import { type LoraConfig, loraLayout, loraName, matrixOf } from './lora.ts';

/** Writes the adapter to `path`, whole or not at all. */
export function writeAdapter(
  path: string,
  options: {
    readonly shape: DecoderShape;
    readonly lora: LoraConfig;
    readonly parameters: Float32Array;
    /** Catalogue name of the base model. */
    readonly base: string;
  },
): void {
  const { shape, lora, parameters } = options;
  const tensors = loraLayout(shape, lora).map(
    (matrix): GgufTensorData => ({
      name: loraName(matrix.layer, matrix.linear, matrix.part),
      dims: [matrix.cols, matrix.rows],
      format: 'F32',
      data: matrixOf(parameters, matrix),
    }),
  );
  writeGguf(
    path,
    {
      'general.architecture': { string: shape.architecture },
      'general.type': { string: 'adapter' },
      'general.base_model.count': { uint32: 1 },
      'general.base_model.0.name': { string: options.base },
      'adapter.type': { string: 'lora' },
      'adapter.lora.alpha': { float32: lora.alpha },
    },
    tensors,
  );
}
