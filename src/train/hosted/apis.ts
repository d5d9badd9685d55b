/**
 * What fine-tuning APIs call things, as data: paths, request bodies, and what their answers say.
 * openai: the published schema (openai/openai-openapi: /files, /fine_tuning/jobs), which other providers and gateways
 * keep. together: Together's own (togethercomputer/openapi: /files/upload, /fine-tunes).
 * Answers are read leniently: what is missing or malformed is left out, and only what is needed is asked for.
 * Does not: send anything (client.ts).
 */
import { z } from 'zod';
import type { Json, JsonObject } from '../../core/json.ts';
import { type HostedRecipe, openaiRecipeSchema, togetherRecipeSchema } from './recipe.ts';

export interface FineTuningOrder {
  readonly model: string;
  readonly trainingFile: string;
  readonly validationFile: string | null;
  readonly recipe: HostedRecipe;
  readonly seed: number;
}

export interface RemoteFile {
  readonly id: string;
  readonly name: string;
}

export interface RemoteJob {
  readonly id: string;
  /** As the provider puts it. */
  readonly status: string;
  readonly state: 'under-way' | 'succeeded' | 'failed' | 'cancelled';
  readonly trainingFile: string | null;
  /** Name of the fine-tuned model; null until there is one. */
  readonly model: string | null;
  /** Why it failed. */
  readonly error: string | null;
  /** Epoch milliseconds, where the provider tells. */
  readonly createdAt: number | null;
  readonly finishedAt: number | null;
  readonly leftMs: number | null;
  readonly trainedTokens: number | null;
}

/** Training has come this far. */
export interface RemoteStep {
  readonly step: number;
  readonly steps: number | null;
  readonly loss: number | null;
}

export interface FineTuningApi {
  readonly recipe: z.ZodType<HostedRecipe> & z.ZodObject;
  readonly filesPath: string;
  readonly uploadPath: string;
  /** Form fields of an upload beside the file itself. */
  readonly uploadFields: (name: string) => Readonly<Record<string, string>>;
  readonly readFile: (answer: Json) => RemoteFile | null;
  readonly jobsPath: string;
  readonly listJobsPath: string;
  readonly order: (order: FineTuningOrder) => JsonObject;
  readonly readJob: (answer: Json, now: number) => RemoteJob | null;
  /** Malformed events give nothing. */
  readonly readEvent: (event: Json) => RemoteStep | null;
}

const text = z.string().nullish().catch(null);
const number = z.number().nullish().catch(null);
const seconds = (value: number | null | undefined): number | null => (value ? value * 1000 : null);

const fileSchema = z.object({ id: z.string(), filename: text });
const readFile = (answer: Json): RemoteFile | null => {
  const file = fileSchema.safeParse(answer).data;
  return file ? { id: file.id, name: file.filename ?? '' } : null;
};

const openaiJobSchema = z.object({
  id: z.string(),
  status: z.string(),
  training_file: text,
  fine_tuned_model: text,
  error: z.object({ code: text, message: text }).nullish().catch(null),
  created_at: number,
  finished_at: number,
  estimated_finish: number,
  trained_tokens: number,
});

const openaiEventSchema = z.object({
  message: text,
  data: z.looseObject({ step: number, total_steps: number, train_loss: number }).nullish().catch(null),
});

const openai: FineTuningApi = {
  recipe: openaiRecipeSchema,
  filesPath: '/files?purpose=fine-tune',
  uploadPath: '/files',
  uploadFields: () => ({ purpose: 'fine-tune' }),
  readFile,
  jobsPath: '/fine_tuning/jobs',
  listJobsPath: '/fine_tuning/jobs?limit=100',
  order: ({ model, trainingFile, validationFile, recipe, seed }) => ({
    model,
    training_file: trainingFile,
    ...(validationFile === null ? {} : { validation_file: validationFile }),
    seed,
    suffix: SUFFIX,
    // OpenAI would rather have them under `method`; the providers that keep its schema know them here.
    hyperparameters: {
      n_epochs: recipe.epochs ?? 'auto',
      batch_size: recipe.batch ?? 'auto',
      learning_rate_multiplier: recipe.learningRateMultiplier ?? 'auto',
    },
  }),
  readJob: (answer, now) => {
    const job = openaiJobSchema.safeParse(answer).data;
    if (!job) return null;
    const states = { succeeded: 'succeeded', failed: 'failed', cancelled: 'cancelled' } as const;
    const finish = seconds(job.estimated_finish);
    return {
      id: job.id,
      status: job.status,
      state: states[job.status as keyof typeof states] ?? 'under-way',
      trainingFile: job.training_file ?? null,
      model: job.fine_tuned_model ?? null,
      error: job.error?.message || job.error?.code || null,
      createdAt: seconds(job.created_at),
      finishedAt: seconds(job.finished_at),
      leftMs: finish === null ? null : Math.max(0, finish - now),
      trainedTokens: job.trained_tokens ?? null,
    };
  },
  readEvent: (event) => {
    const { message, data } = openaiEventSchema.safeParse(event).data ?? {};
    const said = /^Step (\d+)(?:\/(\d+))?/.exec(message ?? '');
    const step = data?.step ?? (said ? Number(said[1]) : null);
    if (step === null) return null;
    const steps = data?.total_steps ?? (said?.[2] ? Number(said[2]) : null);
    return { step, steps, loss: data?.train_loss ?? null };
  },
};

const togetherJobSchema = z.object({
  id: z.string(),
  status: z.string(),
  training_file: text,
  model_output_name: text,
  created_at: text,
  updated_at: text,
  token_count: number,
  progress: z
    .object({ estimate_available: z.boolean(), seconds_remaining: z.number() })
    .nullish()
    .catch(null),
});

const togetherEventSchema = z.object({ step: z.number(), total_steps: number, message: text });

const together: FineTuningApi = {
  recipe: togetherRecipeSchema,
  filesPath: '/files',
  uploadPath: '/files/upload',
  uploadFields: (name) => ({ purpose: 'fine-tune', file_name: name, file_type: 'jsonl' }),
  readFile,
  jobsPath: '/fine-tunes',
  listJobsPath: '/fine-tunes',
  order: ({ model, trainingFile, validationFile, recipe, seed }) => ({
    model,
    training_file: trainingFile,
    ...(validationFile === null ? {} : { validation_file: validationFile }),
    random_seed: seed,
    suffix: SUFFIX,
    n_epochs: recipe.epochs ?? 2,
    batch_size: recipe.batch ?? 'max',
    ...(recipe.learningRate === undefined ? {} : { learning_rate: recipe.learningRate }),
    training_type: { type: 'Lora', lora_r: 16, lora_alpha: 32 },
  }),
  readJob: (answer) => {
    const job = togetherJobSchema.safeParse(answer).data;
    if (!job) return null;
    const states = {
      completed: 'succeeded',
      error: 'failed',
      cancelled: 'cancelled',
      cancel_requested: 'cancelled',
    } as const;
    const state = states[job.status as keyof typeof states] ?? 'under-way';
    const time = (value: string | null | undefined): number | null =>
      value ? Date.parse(value) || null : null;
    return {
      id: job.id,
      status: job.status,
      state,
      trainingFile: job.training_file ?? null,
      model: state === 'succeeded' ? (job.model_output_name ?? null) : null,
      error: null,
      createdAt: time(job.created_at),
      finishedAt: state === 'succeeded' ? time(job.updated_at) : null,
      leftMs: job.progress?.estimate_available ? job.progress.seconds_remaining * 1000 : null,
      trainedTokens: job.token_count ?? null,
    };
  },
  readEvent: (event) => {
    const said = togetherEventSchema.safeParse(event).data;
    // Events about the job itself stand at step 0.
    return said && said.step > 0 ? { step: said.step, steps: said.total_steps || null, loss: null } : null;
  },
};

const SUFFIX = 'understudy';

export const APIS = { openai, together } as const;
