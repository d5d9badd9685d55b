/** What the peft trainer and its Python worker say to each other, a JSON line each. */
import { z } from 'zod';
import type { DecoderShape } from '../embedded/architecture.ts';
import type { Sample } from '../embedded/batch.ts';
import type { LoraMatrix } from '../embedded/lora.ts';
import type { PeftRecipe } from './recipe.ts';

export interface ToWorker {
  /** Hash of everything that the result depends on. */
  readonly hash: string;
  readonly model: { readonly gguf: string } | { readonly folder: string };
  /** Of the model that serves. */
  readonly shape: DecoderShape;
  readonly method: PeftRecipe['method'];
  readonly recipe: PeftRecipe;
  readonly samples: readonly Sample[];
  /** Indices of the samples of each step. */
  readonly order: readonly (readonly number[])[];
  /** Learning rate of each step. */
  readonly rates: readonly number[];
  /** Where each LoRA matrix lies in the flat parameters. */
  readonly layout: readonly LoraMatrix[];
  /** The first parameters: float32, little-endian, in base64. */
  readonly initial: string;
  /** Left out: a GPU where there is one. */
  readonly device?: 'cpu' | 'cuda';
  readonly threads: number;
  /** Where the trained parameters are put: float32, little-endian, in the layout's order, rows as Hugging Face has them. */
  readonly parametersPath: string;
  readonly checkpointPath: string;
  readonly checkpointMs: number;
}

const deviceSchema = z.enum(['cpu', 'cuda']);

export const fromWorkerSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('started'), device: deviceSchema, step: z.int(), steps: z.int() }),
  z.object({
    type: z.literal('step'),
    report: z.object({
      step: z.int(),
      steps: z.int(),
      loss: z.number(),
      tokensPerSecond: z.number(),
      leftMs: z.number(),
    }),
  }),
  z.object({
    type: z.literal('done'),
    losses: z.array(z.number()),
    tokens: z.number(),
    elapsedMs: z.number(),
    device: deviceSchema,
    peakMemoryMb: z.number(),
  }),
  z.object({
    type: z.literal('failed'),
    code: z.enum(['unsupported', 'unavailable', 'diverged', 'internal']),
    message: z.string(),
    hint: z.string(),
  }),
]);

export type FromWorker = z.output<typeof fromWorkerSchema>;
export type WorkerResult = Extract<FromWorker, { type: 'done' }>;
