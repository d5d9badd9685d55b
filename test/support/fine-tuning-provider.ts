/**
 * A provider of fine-tuning for tests, over real HTTP: files, jobs, events and cancelling, written to the published
 * schemas (openai/openai-openapi; with style 'together', togethercomputer/openapi). Each look at a job moves it on by
 * one stage, so that nothing waits for a clock. Faults are scripted: they meet the next requests of a route.
 * Does not: train anything: what its models answer is scripted.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

export interface Fault {
  /** As in 'POST /files'; a job's id is written {id}. */
  readonly route: string;
  /** break-before, break-after: the connection breaks before or after the work is done. hang-before, hang-after: no answer ever. */
  readonly what:
    | 'break-before'
    | 'break-after'
    | 'hang-before'
    | 'hang-after'
    | { readonly status: number; readonly retryAfter?: string; readonly body?: unknown };
}

export interface ProviderScript {
  readonly style?: 'openai' | 'together';
  /** Looks at which a job is still queued. */
  readonly queued?: number;
  readonly steps?: number;
  readonly ends?: 'succeeded' | 'failed';
  /** It lists no files or jobs, and tells no events. */
  readonly bare?: boolean;
  /** What a fine-tuned model answers, asked for a chat completion; it always finishes, and is always as sure. */
  readonly model?: (input: string) => string;
}

interface StoredFile {
  readonly id: string;
  readonly name: string;
  readonly text: string;
}

interface StoredJob {
  readonly id: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly ends: 'succeeded' | 'failed';
  looks: number;
  cancelled: boolean;
}

export interface FineTuningProvider {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly files: StoredFile[];
  readonly jobs: StoredJob[];
  /** 'METHOD /route' of every request, in order. */
  readonly requests: string[];
  /** Faults yet to come. */
  readonly faults: Fault[];
  script: ProviderScript;
  close(): Promise<void>;
}

const auto = (number: z.ZodNumber) => z.union([z.literal('auto'), number]).optional();
const OPENAI_ORDER = z.strictObject({
  model: z.string(),
  training_file: z.string(),
  validation_file: z.string().nullish(),
  suffix: z.string().min(1).max(64).nullish(),
  seed: z.int().min(0).max(2147483647).nullish(),
  hyperparameters: z
    .strictObject({
      batch_size: auto(z.int().min(1).max(256)),
      learning_rate_multiplier: auto(z.number().gt(0)),
      n_epochs: auto(z.int().min(1).max(50)),
    })
    .optional(),
});
const TOGETHER_ORDER = z.strictObject({
  model: z.string(),
  training_file: z.string(),
  validation_file: z.string().optional(),
  suffix: z.string().optional(),
  random_seed: z.int().nullish(),
  n_epochs: z.int().min(1).optional(),
  batch_size: z.union([z.literal('max'), z.int()]).optional(),
  learning_rate: z.number().optional(),
  training_type: z.strictObject({ type: z.literal('Lora'), lora_r: z.int(), lora_alpha: z.int() }).optional(),
});
const LINE = z.strictObject({
  messages: z
    .array(z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: z.string() }))
    .min(2),
});
const CREATED_AT = 1_760_000_000;

export async function startFineTuningProvider(script: ProviderScript = {}): Promise<FineTuningProvider> {
  const provider = {
    baseUrl: '',
    apiKey: 'key-for-tests',
    files: [] as StoredFile[],
    jobs: [] as StoredJob[],
    requests: [] as string[],
    faults: [] as Fault[],
    script,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const server = createServer((request, response) => {
    handle(provider, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  provider.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return provider;
}

async function handle(
  provider: FineTuningProvider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '', 'http://provider');
  const path = url.pathname.replace(/^\/v1/, '');
  const id = /^\/(?:fine_tuning\/jobs|fine-tunes)\/([^/]+)/.exec(path)?.[1];
  const route = `${request.method} ${id === undefined ? path : path.replace(id, '{id}')}`;
  provider.requests.push(route);
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const at = provider.faults.findIndex((fault) => fault.route === route);
  const fault = at < 0 ? null : provider.faults.splice(at, 1)[0]!.what;
  if (fault === 'break-before') return void response.destroy();
  if (fault === 'hang-before') return;
  if (fault !== null && fault !== 'break-after' && fault !== 'hang-after') {
    const headers = fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter };
    response.writeHead(fault.status, { 'content-type': 'application/json', ...headers });
    const body = fault.body ?? {
      error: { message: 'a scripted fault', type: 'error', param: null, code: null },
    };
    return void response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }
  const [status, body] =
    request.headers.authorization === `Bearer ${provider.apiKey}`
      ? await answer(provider, route, id, request, Buffer.concat(chunks))
      : refusal(401, 'Incorrect API key provided.');
  if (fault === 'break-after') return void response.destroy();
  if (fault === 'hang-after') return;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

type Reply = readonly [status: number, body: unknown];

async function answer(
  provider: FineTuningProvider,
  route: string,
  id: string | undefined,
  request: IncomingMessage,
  bytes: Buffer,
): Promise<Reply> {
  const together = provider.script.style === 'together';
  const job = provider.jobs.find((each) => each.id === id);
  if (provider.script.bare && /^GET .*(files|jobs|events)$/.test(route))
    return refusal(404, `There is no ${route}.`);
  if (id !== undefined && job === undefined) return refusal(404, `There is no job ${id}.`);
  switch (
    together ? route.replace('/fine-tunes', '/fine_tuning/jobs').replace('/files/upload', '/files') : route
  ) {
    case 'GET /files':
      return [200, list(provider.files.map(fileOf))];
    case 'POST /files': {
      const headers = { 'content-type': request.headers['content-type'] ?? '' };
      const form = await new Response(bytes, { headers }).formData();
      const file = form.get('file');
      if (form.get('purpose') !== 'fine-tune' || !(file instanceof File))
        return refusal(400, 'Not an upload.');
      if (together && form.get('file_name') !== file.name) return refusal(400, 'file_name is missing.');
      const text = await file.text();
      for (const line of text.trimEnd().split('\n'))
        if (!LINE.safeParse(JSON.parse(line)).success) return refusal(400, 'A line is not a conversation.');
      provider.files.push({ id: `file-${provider.files.length + 1}`, name: file.name, text });
      return [200, fileOf(provider.files.at(-1)!)];
    }
    case 'GET /fine_tuning/jobs':
      return [200, list(provider.jobs.map((each) => jobOf(provider, each)))];
    case 'POST /fine_tuning/jobs': {
      const body = (together ? TOGETHER_ORDER : OPENAI_ORDER).safeParse(JSON.parse(bytes.toString()));
      if (!body.success) return refusal(400, body.error.message);
      for (const file of [body.data.training_file, body.data.validation_file])
        if (file && !provider.files.some((each) => each.id === file))
          return refusal(400, `${file} is unknown.`);
      const ends = provider.script.ends ?? 'succeeded';
      const newId = `ftjob-${provider.jobs.length + 1}`;
      provider.jobs.push({ id: newId, body: body.data, ends, looks: 0, cancelled: false });
      return [200, jobOf(provider, provider.jobs.at(-1)!)];
    }
    case 'GET /fine_tuning/jobs/{id}':
      job!.looks++;
      return [200, jobOf(provider, job!)];
    case 'GET /fine_tuning/jobs/{id}/events':
      return [200, list(eventsOf(provider, job!))];
    case 'POST /fine_tuning/jobs/{id}/cancel':
      job!.cancelled = true;
      return [200, jobOf(provider, job!)];
    case 'POST /chat/completions': {
      const { model, messages } = JSON.parse(bytes.toString());
      const ready = provider.jobs.some(
        (each) => stageOf(provider, each).status === 'succeeded' && tunedOf(each) === model,
      );
      if (!ready || provider.script.model === undefined) return refusal(404, `There is no model ${model}.`);
      const message = { role: 'assistant', content: provider.script.model(messages.at(-1).content) };
      const logprobs = {
        content: [{ token: message.content, logprob: -0.01, bytes: null, top_logprobs: [] }],
      };
      return [
        200,
        {
          object: 'chat.completion',
          model,
          choices: [{ index: 0, message, logprobs, finish_reason: 'stop' }],
        },
      ];
    }
    default:
      return refusal(404, `There is no ${route}.`);
  }
}

const refusal = (status: number, message: string): Reply => [
  status,
  { error: { message, type: 'invalid_request_error', param: null, code: null } },
];

const list = (data: unknown[]): unknown => ({ object: 'list', data, has_more: false });

const fileOf = ({ id, name, text }: StoredFile): unknown => ({
  id,
  object: 'file',
  bytes: Buffer.byteLength(text),
  created_at: CREATED_AT,
  filename: name,
  purpose: 'fine-tune',
  status: 'processed',
});

/** Where a job is after so many looks. */
function stageOf(
  { script }: FineTuningProvider,
  { looks, cancelled, ends }: StoredJob,
): { status: string; step: number } {
  const { queued = 2, steps = 4 } = script;
  if (cancelled) return { status: 'cancelled', step: 0 };
  if (looks <= 1) return { status: 'validating_files', step: 0 };
  if (looks <= 1 + queued) return { status: 'queued', step: 0 };
  const step = looks - 1 - queued;
  return step > steps ? { status: ends, step: steps } : { status: 'running', step };
}

const tunedOf = ({ id, body }: StoredJob): string => `ft:${String(body.model)}:understudy:${id}`;

function jobOf(provider: FineTuningProvider, job: StoredJob): unknown {
  const { status, step } = stageOf(provider, job);
  const { model, training_file, validation_file } = job.body;
  const tuned = status === 'succeeded' ? tunedOf(job) : null;
  if (provider.script.style === 'together') {
    const words: Record<string, string> = {
      validating_files: 'pending',
      succeeded: 'completed',
      failed: 'error',
    };
    return {
      id: job.id,
      status: words[status] ?? status,
      model,
      training_file,
      validation_file,
      created_at: '2026-11-24T10:00:00Z',
      updated_at: '2026-11-24T10:20:00Z',
      token_count: 900,
      // It tells the name from the beginning.
      model_output_name: `account/${String(model)}-understudy-${job.id}`,
      progress: { estimate_available: status === 'running', seconds_remaining: 60 - step },
    };
  }
  const over = status === 'succeeded' || status === 'failed';
  return {
    id: job.id,
    object: 'fine_tuning.job',
    created_at: CREATED_AT,
    status,
    model,
    training_file,
    validation_file: validation_file ?? null,
    fine_tuned_model: tuned,
    finished_at: over ? CREATED_AT + 1200 : null,
    estimated_finish: status === 'running' ? Math.ceil(Date.now() / 1000) + 60 : null,
    organization_id: 'org-1',
    result_files: [],
    hyperparameters: job.body.hyperparameters,
    seed: job.body.seed,
    trained_tokens: status === 'succeeded' ? 900 : null,
    error:
      status === 'failed'
        ? { code: 'server_error', message: 'The training broke down.', param: null }
        : { code: null, message: null, param: null },
  };
}

/** Newest first, among others that are malformed or say nothing of steps. */
function eventsOf(provider: FineTuningProvider, job: StoredJob): unknown[] {
  const { step } = stageOf(provider, job);
  const { steps = 4, style } = provider.script;
  const events = Array.from({ length: step }, (_, i): unknown => {
    const message = `Step ${i + 1}/${steps}: training loss=${(1 / (i + 1)).toFixed(2)}`;
    if (style === 'together')
      return {
        object: 'fine-tune-event',
        created_at: '2026-11-24T10:10:00Z',
        level: 'info',
        type: 'epoch_complete',
        message,
        param_count: 0,
        token_count: 0,
        total_steps: steps,
        wandb_url: '',
        step: i + 1,
        checkpoint_path: '',
        model_path: '',
        training_offset: 0,
        hash: '',
      };
    const data = { step: i + 1, total_steps: steps, train_loss: 1 / (i + 1) };
    const common = {
      object: 'fine_tuning.job.event',
      id: `ftevent-${i}`,
      created_at: CREATED_AT,
      level: 'info',
    };
    // Some providers give figures, some only tell them in words.
    return i % 2 === 0
      ? { ...common, message, type: 'metrics', data }
      : { ...common, message, type: 'message' };
  });
  const odd = [
    null,
    'text',
    { message: 7 },
    { data: { step: 'five' }, message: 'Step by step' },
    { message: 'Files validated' },
  ];
  return [...odd, ...events.reverse()];
}
