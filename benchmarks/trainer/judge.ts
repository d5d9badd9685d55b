/**
 * How good an adapter is, whoever trained it: the share of test prompts whose answer greedy decoding writes exactly,
 * by the same graph for both sides. Reads PEFT's adapters into the order of ours.
 */
import { readFileSync } from 'node:fs';
import type { Rate } from '../../src/core/specialist.ts';
import { readSafetensors } from '../../src/models/formats/safetensors.ts';
import { rateOf } from '../../src/stats/statistics.ts';
import type { Sample } from '../../src/train/embedded/batch.ts';
import type { Linear } from '../../src/train/embedded/linears.ts';
import { type LoraConfig, loraLayout, loraLength } from '../../src/train/embedded/lora.ts';
import { StepRunner } from '../../src/train/embedded/step.ts';
import type { DecoderWeights } from '../../src/train/embedded/weights.ts';
import { toGgufRows } from '../../src/train/peft/trainer.ts';

/** Snapshot files in, rates out. `flat` is our own format, `peft` a safetensors file of PEFT's state. */
export type Snapshot = { readonly flat: string } | { readonly peft: string };

export async function judge(
  snapshots: readonly Snapshot[],
  test: readonly Sample[],
  options: { readonly weights: DecoderWeights; readonly lora: LoraConfig; readonly threads: number },
): Promise<readonly Rate[]> {
  const { weights, lora, threads } = options;
  const parameters = new Float32Array(loraLength(loraLayout(weights.shape, lora)));
  const maxTokens = Math.max(...test.map(({ ids }) => ids.length));
  const runner = await StepRunner.create(weights, parameters, {
    lora,
    mode: 'evaluate',
    prepack: false,
    threads,
    maxTokens,
  });
  const rates: Rate[] = [];
  for (const snapshot of snapshots) {
    if ('flat' in snapshot)
      parameters.set(new Float32Array(new Uint8Array(readFileSync(snapshot.flat)).buffer));
    else readPeft(snapshot.peft, parameters, weights, lora);
    const checked = await runner.check(test);
    rates.push(rateOf(checked.filter(({ exact }) => exact).length, test.length));
  }
  await runner.close();
  return rates;
}

const PEFT_NAMES: Readonly<Record<Linear, string>> = {
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
};

function readPeft(path: string, parameters: Float32Array, weights: DecoderWeights, lora: LoraConfig): void {
  const tensors = readSafetensors(path);
  const layout = loraLayout(weights.shape, lora);
  for (const matrix of layout) {
    const name = `layers.${matrix.layer}.${PEFT_NAMES[matrix.linear]}.lora_${matrix.part.toUpperCase()}.weight`;
    parameters.set(tensors.get(name)!.data, matrix.offset);
  }
  parameters.set(toGgufRows(parameters, layout, weights.shape));
}
