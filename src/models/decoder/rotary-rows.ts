/**
 * How the rows of the query and key matrices stand in a GGUF file. A rotary pair stands half a head apart in Hugging Face's
 * order and, for some architectures, side by side in llama.cpp's (convert_hf_to_gguf.py, LlamaModel.permute).
 */

/** Those whose rows are moved, by general.architecture: the converter treats them as llama models. */
export const NEIGHBOUR_ARCHITECTURES: readonly string[] = ['llama', 'granite', 'smollm3'];

/** The row in Hugging Face's order that stands at this row of the GGUF file. */
export function rotaryRow(row: number, headSize: number): number {
  const inHead = row % headSize;
  return row - inHead + (inHead % 2) * (headSize / 2) + Math.floor(inHead / 2);
}
