/**
 * How the rows of the query and key matrices stand in a GGUF file. A rotary pair stands half a head apart in Hugging Face's
 * order and, for the llama architecture, side by side in llama.cpp's (convert_hf_to_gguf.py, LlamaModel.permute).
 */

/** The row in Hugging Face's order that stands at this row of the GGUF file. */
export function rotaryRow(row: number, headSize: number): number {
  const inHead = row % headSize;
  return row - inHead + (inHead % 2) * (headSize / 2) + Math.floor(inHead / 2);
}
