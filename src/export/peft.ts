/**
 * A LoRA adapter in llama.cpp's form (GGUF) as the folder that PEFT loads: the same matrices, under Hugging Face's names and
 * in its order of rows.
 * Does not: read the base model's weights, or change a number.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UnderstudyError } from '../core/errors.ts';
import { NEIGHBOUR_ARCHITECTURES, rotaryRow } from '../models/decoder/rotary-rows.ts';
import type { GgufFile } from '../models/formats/gguf/read.ts';
import type { Safetensor } from '../models/formats/safetensors.ts';
import { writeSafetensors } from '../models/formats/safetensors-write.ts';

/** Hugging Face's name of each linear layer, by ggml's; the same for all that are trained here. */
const MODULES: Readonly<Record<string, string>> = {
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
};

/** Layers whose output is rotated. */
const ROTATED = ['attn_q', 'attn_k'];

export interface PeftOptions {
  /** Values of a head of queries or keys. */
  readonly headSize: number;
  /** What PEFT is to load the base from: OWNER/NAME at the hub, or a folder. */
  readonly baseModel: string;
}

/**
 * Writes adapter_config.json and adapter_model.safetensors into a folder that is there.
 * @throws UnderstudyError 'unsupported' for a tensor that is no LoRA matrix of a known linear layer.
 */
export function writePeft(dir: string, adapter: GgufFile, { headSize, baseModel }: PeftOptions): void {
  const isNeighbours = NEIGHBOUR_ARCHITECTURES.includes(String(adapter.metadata.get('general.architecture')));
  const tensors = new Map<string, Safetensor>();
  const targets = new Set<string>();
  let rank = 0;
  for (const { name, dims } of adapter.tensors.values()) {
    const [, layer = '', linear = '', part = ''] =
      /^blk\.(\d+)\.(\w+)\.weight\.lora_([ab])$/.exec(name) ?? [];
    const module = MODULES[linear];
    // ggml counts a row's length first: A is [in, rank], B [rank, out].
    const [cols = 0, rows = 0] = dims;
    if (module === undefined) throw notLora(name);
    if (part === 'a') rank = rows;
    const data = adapter.tensor(name);
    const isMoved = part === 'b' && isNeighbours && ROTATED.includes(linear);
    targets.add(module.slice(module.indexOf('.') + 1));
    tensors.set(`base_model.model.model.layers.${layer}.${module}.lora_${part.toUpperCase()}.weight`, {
      dims: [rows, cols],
      data: isMoved ? toHuggingFaceRows(data, cols, headSize) : data,
    });
  }
  if (tensors.size === 0) throw notLora('nothing');
  writeSafetensors(join(dir, 'adapter_model.safetensors'), tensors);
  const config = {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: baseModel,
    r: rank,
    lora_alpha: adapter.metadata.get('adapter.lora.alpha'),
    lora_dropout: 0,
    bias: 'none',
    fan_in_fan_out: false,
    use_rslora: false,
    use_dora: false,
    inference_mode: true,
    target_modules: [...targets].sort(),
  };
  writeFileSync(join(dir, 'adapter_config.json'), `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
}

/** @param cols Length of a row. */
function toHuggingFaceRows(data: Float32Array, cols: number, headSize: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(data.length);
  for (let row = 0; row < data.length / cols; row++)
    out.set(data.subarray(row * cols, (row + 1) * cols), rotaryRow(row, headSize) * cols);
  return out;
}

function notLora(name: string): UnderstudyError {
  return new UnderstudyError('unsupported', `The adapter holds ${name}, which PEFT has no place for.`, {
    hint: 'Export it as GGUF alone: --format gguf.',
  });
}
